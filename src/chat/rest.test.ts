import { expect, test } from 'bun:test'
import { mergeRest, type Rest, RestFold } from './rest.ts'

const pieces: readonly (readonly Rest[])[] = [
	[],
	[{ wire: 'a', fields: { list: [1], text: 'x' } }],
	[
		{ wire: 'a', fields: { list: [1], text: 'x' } },
		{ wire: 'a', fields: { list: [2, 3], text: 'y', other: null } },
		{ wire: 'a', fields: { list: [] } },
	],
	[
		{ wire: 'a', fields: { field: [1] } },
		{ wire: 'a', fields: { field: 'x' } },
		{ wire: 'a', fields: { field: [2] } },
	],
	[
		{ wire: 'a', fields: { list: [1] } },
		{ wire: 'b', fields: { list: [2] } },
	],
]

test.each(pieces.map((one) => [one] as const))('%j: a fold gives what merging gives', (given) => {
	const fold = new RestFold()
	for (const piece of given) fold.add(piece)
	expect(fold.rest).toEqual(given.reduce<Rest | undefined>(mergeRest, undefined))
})

test('the rest of a fold is not changed by later pieces', () => {
	const fold = new RestFold()
	fold.add({ wire: 'a', fields: { list: [1] } })
	const { rest } = fold
	fold.add({ wire: 'a', fields: { list: [2] } })
	expect(rest?.fields).toEqual({ list: [1] })
	expect(fold.rest?.fields).toEqual({ list: [1, 2] })
})
