import { expect, test } from 'bun:test'
import { z } from 'zod'
import { arrayOf } from './bounded-array.ts'

const number = z.number()
const cases: readonly unknown[] = [
	[],
	[1],
	[1, 2, 3],
	['x'],
	[1, 'x', 2, 'y'],
	'x',
	null,
	{ 0: 1 },
	[[1]],
	[{ a: 'x' }],
]

test('values, and the first error, are those of Zod', () => {
	for (const [own, zod] of [
		[arrayOf(number), z.array(number)],
		[arrayOf(number).min(1).max(2), z.array(number).min(1).max(2)],
		[arrayOf(z.looseObject({ a: number })), z.array(z.looseObject({ a: number }))],
		[arrayOf(z.string().transform(Number)), z.array(z.string().transform(Number))],
	] as const)
		for (const value of cases) {
			const [mine, theirs] = [own.safeParse(value), zod.safeParse(value)]
			expect(mine.data).toEqual(theirs.data as typeof mine.data)
			expect(mine.error?.issues[0]).toEqual(theirs.error?.issues[0])
		}
})

test('elements after the first wrong one are not read', () => {
	let read = 0
	const counted = z.custom(() => {
		read++
		return false
	})
	expect(arrayOf(counted).safeParse(Array.from({ length: 100_000 })).error?.issues).toHaveLength(1)
	expect(read).toBe(1)
})

test('a long string beyond its maximum stops as well', () => {
	const texts = Array.from({ length: 1000 }, () => 'xxx')
	expect(arrayOf(z.string().max(2)).safeParse(texts).error?.issues).toHaveLength(1)
})
