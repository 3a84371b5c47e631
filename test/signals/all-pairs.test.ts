import { expect, test } from 'bun:test'
import { allCases, allPairs, pairsOf } from './all-pairs.ts'
import { dimensions, isAllowed } from './cases.ts'

const small = { a: ['1', '2', '3'], b: ['x', 'y'], c: ['p', 'q'] } as const

test('without a forbidden combination all cases are selected', () => {
	expect(allCases(small, () => true)).toHaveLength(12)
})

test.each([
	['a small matrix', small, () => true],
	[
		'a small matrix with a forbidden combination',
		small,
		(one: Readonly<Record<string, string>>) => one.a !== '1' || one.b !== 'y',
	],
	['the matrix of signals', dimensions, isAllowed as (one: Readonly<Record<string, string>>) => boolean],
] as const)(
	'%s: the selection covers every pair that an allowed case has, and holds allowed cases only',
	(_, matrix, allowed) => {
		const selected = allPairs(matrix, allowed)
		const covered = new Set(selected.flatMap(pairsOf))
		const possible = new Set(allCases(matrix, allowed).flatMap(pairsOf))
		expect(covered).toEqual(possible)
		expect(selected.every(allowed)).toBe(true)
		expect(selected.length).toBeLessThan(allCases(matrix, allowed).length)
	},
)

test('a value that is only allowed with one other is selected with it', () => {
	const selected = allPairs(small, ({ a, b, c }) => a !== '3' || (b === 'y' && c === 'q'))
	expect(selected).toContainEqual({ a: '3', b: 'y', c: 'q' })
})

test('the selection is the same each time', () => {
	expect(allPairs(dimensions, isAllowed)).toEqual(allPairs(dimensions, isAllowed))
})
