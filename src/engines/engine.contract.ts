// The contract suite of `Engine`. It uses the interface only. An engine that does not satisfy a clause lists it in
// `except` with a reason.

import { afterEach, beforeEach, describe, test } from 'bun:test'
import { answerClauses } from './answer-clauses.testing.ts'
import type { Engine } from './engine.ts'
import { Bench, type TestedModel } from './engine-bench.testing.ts'
import { operationClauses } from './operation-clauses.testing.ts'
import { requestClauses } from './request-clauses.testing.ts'
import { streamClauses } from './stream-clauses.testing.ts'

const clauses = { ...answerClauses, ...requestClauses, ...streamClauses, ...operationClauses }

export interface EngineExpectations extends TestedModel {
	/** Clauses that this engine does not satisfy, each with the reason. */
	readonly except?: Partial<Record<Clause, string>>
	/** Timeout of each clause, in milliseconds. Default: 20,000. */
	readonly timeoutMs?: number
}

export type Clause = keyof typeof clauses

/** @param open returns a new engine that is ready. */
export function engineContract(name: string, open: () => Promise<Engine>, expectations: EngineExpectations): void {
	describe(`engine: ${name}`, () => {
		let bench: Bench
		beforeEach(async () => {
			bench = new Bench(await open(), expectations)
		}, expectations.timeoutMs ?? 20_000)
		afterEach(() => bench.engine.close())

		for (const [clause, check] of Object.entries(clauses)) {
			const reason = reasonAgainst(clause, expectations)
			if (reason !== undefined) test.skip(`${clause} (skipped: ${reason})`, () => undefined)
			else test(clause, () => check(bench), expectations.timeoutMs ?? 20_000)
		}
	})
}

function reasonAgainst(clause: string, { except = {} }: EngineExpectations): string | undefined {
	return Object.entries(except).find(([name]) => name === clause)?.[1]
}
