// A short run: `npm run test:fuzz` sends 100,000 requests. The requests are the same at every run.

import { expect, test } from 'bun:test'
import { fuzz } from './fuzz.ts'

test('mutated requests of every dialect are answered or refused, and leave nothing behind', async () => {
	const requests = 3000
	const { violations, statuses, memory } = await fuzz({
		seed: 20_261_128,
		from: 0,
		requests,
		concurrency: 16,
		report: () => undefined,
	})
	expect(violations).toEqual([])
	// Enough of them are valid to reach what is after validation, and enough are refused.
	expect(statuses.get(200) ?? 0).toBeGreaterThan(requests / 20)
	expect((statuses.get(400) ?? 0) + (statuses.get(422) ?? 0)).toBeGreaterThan(requests / 5)
	expect(memory.after - memory.before).toBeLessThan(150_000_000)
}, 120_000)
