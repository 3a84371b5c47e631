import { expect, test } from 'bun:test'
import { sortSums } from './sorted-sums.ts'

test('models are in the order of their share of votes, then of their comparisons, then of their names', () => {
	const sums = new Map([
		['never', { preferred: 0, compared: 9 }],
		['b', { preferred: 1, compared: 2 }],
		['often', { preferred: 5, compared: 10 }],
		['a', { preferred: 1, compared: 2 }],
		['best', { preferred: 1, compared: 1 }],
		['none', { preferred: 0, compared: 0 }],
	])
	expect(sortSums(sums).map(([name]) => name)).toEqual(['best', 'often', 'a', 'b', 'never', 'none'])
})
