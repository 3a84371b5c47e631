// Bun's SQL client with the interface of the stores. Its template functions accept everything that theirs accept; its
// types describe results less precisely.

import type { SQL, TransactionSQL } from 'bun'
import type { Fragment, Sql } from '../sql/sql.ts'

type TransactionBody<Result> = (sql: Sql) => Promise<Result>

/** @param settings statements that each transaction begins with. */
export function postgresSql(client: SQL | TransactionSQL, settings?: string): Sql {
	const call = client as unknown as (...values: readonly unknown[]) => unknown
	const run = async (transaction: TransactionSQL, body: TransactionBody<unknown>): Promise<unknown> => {
		if (settings !== undefined) await transaction.unsafe(settings)
		return body(postgresSql(transaction))
	}
	const begin = (first: string | TransactionBody<unknown>, second?: TransactionBody<unknown>): unknown => {
		if (typeof first !== 'string') return client.begin((transaction) => run(transaction, first))
		return client.begin(first, async (transaction) => second && run(transaction, second))
	}
	return Object.assign(((...values: readonly unknown[]) => call(...values)) as Sql, {
		// A query that is a value of another one is not sent, but becomes part of it.
		raw: (text: string) => client.unsafe(text) as unknown as Fragment,
		part: (...values: readonly unknown[]) => call(...values) as Fragment,
		unsafe: (text: string, parameters?: readonly unknown[]) => client.unsafe(text, parameters && [...parameters]),
		begin: begin as Sql['begin'],
		close: () => client.close(),
	})
}
