// As configured: the first is asked as long as it can be, the others are reserves.

import type { Policy } from '../policy.ts'

export const inOrder = (): Policy => ({ order: (members) => members })
