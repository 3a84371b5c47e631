// The interface of the stores over something that runs SQLite's statements. It does not know the thread in which they
// run.

import { type Fragment, isTemplate, type Row, type Sql } from '../sql/sql.ts'
import { compile, parameterOf, type Statement } from './statement.ts'

/** See `SqlDatabase.clockMs`. */
export const sqliteClockMs = `CAST(unixepoch('subsec') * 1000 AS INTEGER)`

export interface StatementRunner {
	run(statement: Statement): Promise<readonly Row[]>
	/** See `Sql`. `mode` is empty for SQLite's default. */
	begin<Result>(mode: string, work: (sql: Sql) => Promise<Result>): Promise<Result>
	close(): Promise<void>
}

export function sqliteSql(runner: StatementRunner): Sql {
	// Async, so that an unsuitable value rejects.
	const run = async (strings: TemplateStringsArray, values: readonly unknown[]) => runner.run(compile(strings, values))
	const call = (first: unknown, ...values: readonly unknown[]): unknown =>
		isTemplate(first) ? run(first, values) : { fragment: first }
	const begin = async (first: unknown, second?: unknown): Promise<unknown> => {
		const [mode, work] = typeof first === 'string' ? [first, second] : ['', first]
		if (typeof work !== 'function') throw new TypeError('begin requires a function')
		return runner.begin(mode, async (sql) => work(sql))
	}
	return Object.assign(call as Sql, {
		raw: (text: string): Fragment => ({ fragment: { strings: [text], values: [] } }),
		part: (strings: TemplateStringsArray, ...values: readonly unknown[]): Fragment => ({
			fragment: { strings, values },
		}),
		unsafe: async (text: string, parameters?: readonly unknown[]) =>
			runner.run({ text, parameters: parameters?.map(parameterOf) }),
		begin: begin as Sql['begin'],
		close: () => runner.close(),
	})
}
