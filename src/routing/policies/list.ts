// All policies, by their names in the configuration.

import type { PolicyName } from '../options.ts'
import type { Policy } from '../policy.ts'
import { affinity } from './affinity.ts'
import { fastest } from './fastest.ts'
import { inOrder } from './in-order.ts'
import { leastBusy } from './least-busy.ts'
import { roundRobin } from './round-robin.ts'
import { weighted } from './weighted.ts'

export const policies: Readonly<Record<PolicyName, () => Policy>> = {
	'in-order': inOrder,
	'round-robin': roundRobin,
	weighted,
	'least-busy': leastBusy,
	fastest,
	affinity,
}
