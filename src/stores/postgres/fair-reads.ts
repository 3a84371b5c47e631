// The turns of callers at the connections of a pool. The pool has a queue of its own, first come, first served: so it gets no more
// statements than it runs soon. It does not know what they read.

import { FairPermits } from '../../system/fair-permits.ts'
import type { SharePath } from '../../system/fair-queue.ts'
import { storeOverloaded, timeoutMs, unavailable } from '../sql/database-failure.ts'
import { isTemplate, type Sql } from '../sql/sql.ts'

/** Maximum number of statements that wait. */
const mostWaiting = 10_000

export class FairReads {
	private readonly sql: Sql
	private readonly permits: FairPermits
	/** Nothing cancels a read. */
	private readonly signal = new AbortController().signal

	/** @param limit maximum number of statements and transactions in the pool. */
	constructor(sql: Sql, limit: number) {
		this.sql = sql
		this.permits = new FairPermits({ limit, queue: mostWaiting, queueTimeoutMs: timeoutMs })
	}

	/** The pool for the statements of a caller. */
	of(caller: SharePath): Sql {
		const run = <Result>(work: () => Promise<Result>) => this.run(caller, work)
		const call = (first: unknown, ...values: readonly unknown[]): unknown => {
			const send = this.sql as (...all: readonly unknown[]) => unknown
			// A fragment is part of a statement.
			return isTemplate(first) ? run(async () => send(first, ...values)) : send(first)
		}
		const begin = (...parameters: readonly unknown[]): Promise<unknown> => {
			const { begin: send } = this.sql as { readonly begin: (...all: readonly unknown[]) => Promise<unknown> }
			return run(() => send(...parameters))
		}
		return Object.assign(call as Sql, {
			raw: (text: string) => this.sql.raw(text),
			part: (strings: TemplateStringsArray, ...values: readonly unknown[]) => this.sql.part(strings, ...values),
			unsafe: (text: string, parameters?: readonly unknown[]) => run(async () => this.sql.unsafe(text, parameters)),
			begin: begin as Sql['begin'],
			close: () => this.sql.close(),
		})
	}

	private async run<Result>(caller: SharePath, work: () => Promise<Result>): Promise<Result> {
		const permit = await this.permits.acquire(caller, this.signal)
		if (permit === 'full') throw storeOverloaded('reads')
		if (permit === 'late' || permit === 'cancelled')
			throw unavailable(new Error(`the reads before it did not end within ${timeoutMs} ms`))
		try {
			return await work()
		} finally {
			permit.release()
		}
	}
}
