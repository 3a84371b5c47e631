// A SQLite connection that caches its prepared statements. Bun's SQL client, which has the same templates, prepares
// each statement again for SQLite and takes five times as long.

import { Database, type SQLQueryBindings } from 'bun:sqlite'
import type { Fragment, Row, Sql } from '../sql/sql.ts'

/** @param file `:memory:` for an in-memory database. @param create whether a file that does not exist is created. */
export function connectSqlite(file: string, create = true): Sql {
	const database = new Database(file, { create, readwrite: true })
	const all = (text: string, values: readonly unknown[]): readonly Row[] =>
		database.query<Row, SQLQueryBindings[]>(text).all(...values.map(bindable))

	const run = async (first: TemplateStringsArray, values: readonly unknown[]): Promise<readonly Row[]> => {
		const { text, parameters } = compile(first, values)
		return all(text, parameters)
	}
	const begin = async (first: unknown, second?: unknown): Promise<unknown> => {
		const [mode, work] = typeof first === 'string' ? [first, second] : ['', first]
		if (typeof work !== 'function') throw new TypeError('begin requires a function')
		database.run(`BEGIN ${mode}`)
		try {
			const result: unknown = await work(sql)
			database.run('COMMIT')
			return result
		} catch (thrown) {
			// After some failures SQLite has already rolled back.
			if (database.inTransaction) database.run('ROLLBACK')
			throw thrown
		}
	}
	const call = (first: unknown, ...values: readonly unknown[]): unknown =>
		isTemplate(first) ? run(first, values) : { fragment: first }
	const sql: Sql = Object.assign(call as Sql, {
		raw: (text: string): Fragment => ({ fragment: { text } }),
		async unsafe(text: string, parameters?: readonly unknown[]) {
			if (parameters !== undefined || /^\s*(SELECT|PRAGMA)/i.test(text)) return all(text, parameters ?? [])
			database.run(text)
			return []
		},
		begin: begin as Sql['begin'],
		async close() {
			database.close()
		},
	})
	return sql
}

function isTemplate(value: unknown): value is TemplateStringsArray {
	return Array.isArray(value) && 'raw' in value
}

function compile(
	strings: readonly string[],
	values: readonly unknown[],
): { readonly text: string; readonly parameters: readonly unknown[] } {
	let text = strings[0] ?? ''
	const parameters: unknown[] = []
	for (const [index, value] of values.entries()) {
		if (isFragment(value)) text += writeFragment(value, parameters)
		else {
			text += '?'
			parameters.push(value)
		}
		text += strings[index + 1] ?? ''
	}
	return { text, parameters }
}

function isFragment(value: unknown): value is Fragment {
	return typeof value === 'object' && value !== null && 'fragment' in value
}

function writeFragment({ fragment }: Fragment, parameters: unknown[]): string {
	if (typeof fragment === 'string') return quote(fragment)
	if ('text' in fragment) return fragment.text
	const columns = Object.keys(fragment[0] ?? {})
	for (const row of fragment) for (const column of columns) parameters.push(row[column])
	const marks = `(${columns.map(() => '?').join(', ')})`
	return `(${columns.map(quote).join(', ')}) VALUES ${fragment.map(() => marks).join(', ')}`
}

function quote(name: string): string {
	return `"${name.replaceAll('"', '""')}"`
}

function bindable(value: unknown): SQLQueryBindings {
	if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') return value
	if (typeof value === 'boolean') return value ? 1 : 0
	if (value === null || value === undefined) return null
	throw new TypeError(`a value of type ${typeof value} cannot be stored in a column`)
}
