// In steps, an object has the same value and the same errors as with Zod's record.

import { expect, test } from 'bun:test'
import { z } from 'zod'
import { resumable } from '../../system/resumable.ts'
import { recordOf } from './stepped-record.ts'

const key = z.string().regex(/^\d{1,9}$/)
const value = z.number().min(-100).max(100)
const [stepped, plain] = [
	z.object({ map: recordOf(key, value).nullish() }),
	z.object({ map: z.record(key, value).nullish() }),
]

function inSteps<Result>(work: () => Result): Result {
	for (const steps = resumable(work); ; ) {
		const next = steps.next()
		if (next.done === true) return next.value
	}
}

const many = (length: number, member: (at: number) => readonly [string, unknown]) =>
	Object.fromEntries(Array.from({ length }, (_, at) => member(at)))

test.each([
	['few members', { 1: 1, 2: 2 }],
	['many members', many(9000, (at) => [String(at), at % 100])],
	['members in another order', many(5000, (at) => [String(5000 - at), 1])],
	['a wrong value', many(9000, (at) => [String(at), at === 8000 ? 'x' : 1])],
	['several wrong values', many(9000, (at) => [String(at), at % 3000 === 7 ? 1000 : 1])],
	['a wrong name', many(9000, (at) => [at === 4000 ? 'x' : String(at), 1])],
	['null', null],
	['an array', Array.from({ length: 200 }, () => 1)],
])('%s', (_, map) => {
	const [own, expected] = [inSteps(() => stepped.safeParse({ map })), plain.safeParse({ map })]
	expect(own.success).toBe(expected.success)
	expect(own.data).toEqual(expected.data)
	expect(own.error?.issues).toEqual(expected.error?.issues)
	expect(stepped.safeParse({ map }).error?.issues).toEqual(expected.error?.issues)
})
