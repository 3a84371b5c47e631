// The contract suite of a table of fates: a writer does with each field what the table states. A table alone proves
// nothing, since a field can be `written` in the table and absent from the code.

import { describe, expect, test } from 'bun:test'
import { ChatError } from './error.ts'
import type { ChatRequest } from './request.ts'
import type { Drop, Fate } from './request-fates.ts'

/** Two requests that differ in one field only. */
export type RequestPair = readonly [request: ChatRequest, without: ChatRequest]

/** @param write writes a request, and calls `drop` for each part that it leaves out. */
export function fatesContract<Field extends string>(
	name: string,
	fates: Readonly<Record<NoInfer<Field>, Fate>>,
	differences: Readonly<Record<Field, RequestPair>>,
	write: (request: ChatRequest, drop: Drop) => unknown,
): void {
	const run = (request: ChatRequest) => {
		const dropped: string[] = []
		return { body: write(request, (part) => dropped.push(part)), dropped }
	}
	describe(`fates of ${name}`, () => {
		for (const [field, [request, without]] of Object.entries<RequestPair>(differences)) {
			const fate = new Map<string, string>(Object.entries(fates)).get(field)
			test(`${field} is ${fate}`, () => {
				if (fate === 'refused') return expect(() => run(request)).toThrow(ChatError)
				const [found, other] = [run(request), run(without)]
				const isCarried = !Bun.deepEquals(found.body, other.body)
				const isReported = found.dropped.length > other.dropped.length
				if (fate === 'dropped' || fate === 'unused')
					expect({ isCarried, isReported }).toEqual({ isCarried: false, isReported: fate === 'dropped' })
				else expect({ isCarried }).toEqual({ isCarried: true })
			})
		}
	})
}
