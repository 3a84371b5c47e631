// Bun's SQL client with the interface of the stores. Its template functions accept everything that theirs accept; its
// types describe results less precisely.

import type { SQL, TransactionSQL } from 'bun'
import type { Fragment, Sql } from '../sql/sql.ts'

type TransactionBody<Result> = (sql: Sql) => Promise<Result>

export function postgresSql(client: SQL | TransactionSQL): Sql {
	const call = client as unknown as (...values: readonly unknown[]) => unknown
	const begin = (first: unknown, second?: TransactionBody<unknown>): unknown =>
		typeof first === 'string'
			? client.begin(first, (transaction) => second?.(postgresSql(transaction)))
			: client.begin((transaction) => (first as TransactionBody<unknown>)(postgresSql(transaction)))
	return Object.assign(((...values: readonly unknown[]) => call(...values)) as Sql, {
		// A query that is a value of another one is not sent, but becomes part of it.
		raw: (text: string) => client.unsafe(text) as unknown as Fragment,
		part: (...values: readonly unknown[]) => call(...values) as Fragment,
		unsafe: (text: string, parameters?: readonly unknown[]) => client.unsafe(text, parameters && [...parameters]),
		begin: begin as Sql['begin'],
		close: () => client.close(),
	})
}
