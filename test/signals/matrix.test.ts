// Signals to a server in every way that it is started: a selection in which every two circumstances meet. `npm run
// test:signals` runs all combinations.

import { describe, expect, test } from 'bun:test'
import { isEngineHere } from '../engine.ts'
import { allPairs } from './all-pairs.ts'
import { dimensions, isAllowed, nameOf, type SignalCase } from './cases.ts'
import { runCase } from './run-case.ts'
import { isNodeHere } from './started.ts'

const canRun = ({ answer, node }: SignalCase) => (answer !== 'embedded' || isEngineHere) && isNodeHere(node)

describe.skipIf(process.platform !== 'linux')('signals', () => {
	for (const one of allPairs(dimensions, isAllowed))
		test.concurrent.skipIf(!canRun(one))(nameOf(one), async () => {
			expect(await runCase(one)).toBeUndefined()
		})
})
