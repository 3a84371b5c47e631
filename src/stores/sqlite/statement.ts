// Turns SQL templates into SQLite's text and parameters.

import type { Fragment } from '../sql/sql.ts'

/** A value that crosses to the thread of a connection and that SQLite can store. */
export type Parameter = string | number | bigint | null

export interface Statement {
	readonly text: string
	/** Undefined if the text may contain several statements. */
	readonly parameters: readonly Parameter[] | undefined
}

/** @throws TypeError if a value cannot be stored in a column. */
export function compile(strings: readonly string[], values: readonly unknown[]): Statement {
	const parameters: Parameter[] = []
	return { text: write(strings, values, parameters), parameters }
}

function write(strings: readonly string[], values: readonly unknown[], parameters: Parameter[]): string {
	let text = strings[0] ?? ''
	for (const [index, value] of values.entries()) {
		if (isFragment(value)) text += writeFragment(value, parameters)
		else {
			text += '?'
			parameters.push(parameterOf(value))
		}
		text += strings[index + 1] ?? ''
	}
	return text
}

/** @throws TypeError if `value` cannot be stored in a column. */
export function parameterOf(value: unknown): Parameter {
	if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') return value
	if (typeof value === 'boolean') return value ? 1 : 0
	if (value === null || value === undefined) return null
	throw new TypeError(`a value of type ${typeof value} cannot be stored in a column`)
}

function isFragment(value: unknown): value is Fragment {
	return typeof value === 'object' && value !== null && 'fragment' in value
}

function writeFragment({ fragment }: Fragment, parameters: Parameter[]): string {
	if (typeof fragment === 'string') return quote(fragment)
	if ('strings' in fragment) return write(fragment.strings, fragment.values, parameters)
	const columns = Object.keys(fragment[0] ?? {})
	for (const row of fragment) for (const column of columns) parameters.push(parameterOf(row[column]))
	const marks = `(${columns.map(() => '?').join(', ')})`
	return `(${columns.map(quote).join(', ')}) VALUES ${fragment.map(() => marks).join(', ')}`
}

function quote(name: string): string {
	return `"${name.replaceAll('"', '""')}"`
}
