// A short run: `npm run test:fair` runs all attacks for longer, with the limits that users shall observe. Those here are generous, because
// the callers and the server share a machine that may be busy.

import { expect, test } from 'bun:test'
import { attackNames } from './attacks.ts'
import { openNeighbours } from './neighbours.ts'

test('no request of a polite caller fails or waits for long beside a hostile one', async () => {
	await using neighbours = await openNeighbours()
	const alone = await neighbours.alone(1000)
	const beside = await neighbours.beside(attackNames, 5000)
	expect([alone.failures, beside.failures]).toEqual([[], []])
	expect(beside.requests).toBeGreaterThan(5)
	expect(beside.p50Ms).toBeLessThan(Math.max(20 * alone.p99Ms, 1000))
}, 60_000)
