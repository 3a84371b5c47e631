// Signals to a server in every way that it is started: a selection in which every two circumstances meet. `npm run test:signals` runs
// all combinations.

import { describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isEngineHere } from '../engine.ts'
import { root } from '../server.ts'
import { allPairs } from './all-pairs.ts'
import { dimensions, isAllowed, nameOf, type SignalCase } from './cases.ts'
import { runCase } from './run-case.ts'

const isNode24Here = existsSync(join(process.env.DRAGOMAN_TEST_NODE24 ?? join(root, '.cache', 'node24', 'bin'), 'node'))
const canRun = ({ answer, node }: SignalCase) =>
	(answer !== 'embedded' || isEngineHere) && (node === '20' || isNode24Here)

describe.skipIf(process.platform !== 'linux')('signals', () => {
	for (const one of allPairs(dimensions, isAllowed))
		test.concurrent.skipIf(!canRun(one))(nameOf(one), async () => {
			expect(await runCase(one)).toBeUndefined()
		})
})
