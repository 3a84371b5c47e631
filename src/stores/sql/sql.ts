// SQL templates whose values become parameters, with the same text for all databases. The interface is the part of
// Bun's SQL client that the stores use.

export type Row = Readonly<Record<string, unknown>>

/** A part of a statement that is not a parameter: rows to insert, an identifier, or SQL with parameters of its own. */
export interface Fragment {
	readonly fragment: readonly Row[] | string | FragmentTemplate
}

export interface FragmentTemplate {
	readonly strings: readonly string[]
	readonly values: readonly unknown[]
}

export interface Sql {
	(strings: TemplateStringsArray, ...values: readonly unknown[]): Promise<readonly Row[]>
	/** Columns and values of `INSERT INTO table …`; all rows have the columns of the first. */
	(rows: readonly object[]): Fragment
	/** A quoted identifier. */
	(name: string): Fragment
	/** Unmodified text as part of a statement. It must not contain texts of callers. */
	raw(text: string): Fragment
	/** A part of a statement whose values become parameters of the statement. Use it in one statement only. */
	part(strings: TemplateStringsArray, ...values: readonly unknown[]): Fragment
	/** Unmodified text; may contain several statements if there are no parameters. */
	unsafe(text: string, parameters?: readonly unknown[]): Promise<readonly Row[]>
	/**
	 * `mode` follows BEGIN. Rolls back if `work` throws. The connection must not be used for anything else until it
	 * returns.
	 */
	begin<Result>(work: (sql: Sql) => Promise<Result>): Promise<Result>
	begin<Result>(mode: string, work: (sql: Sql) => Promise<Result>): Promise<Result>
	close(): Promise<void>
}

/** Whether `Sql` was called with a statement, not with a fragment. */
export function isTemplate(first: unknown): first is TemplateStringsArray {
	return Array.isArray(first) && 'raw' in first
}

/**
 * The result of a transaction that needs no result of its last statements. They were sent, so that the commit can follow
 * without waiting for them; if one of them fails, nothing is committed.
 */
export class LastStatements<Result> {
	readonly result: Result
	readonly statements: readonly Promise<unknown>[]

	constructor(result: Result, statements: readonly Promise<unknown>[]) {
		this.result = result
		this.statements = statements
		// The transaction may fail before anyone waits for them.
		for (const statement of statements) statement.catch(() => undefined)
	}
}

export type Direction = 'asc' | 'desc'

/** The parts of a statement that depend on the direction in which it reads rows. */
export interface Ordering {
	/** The comparison of rows with the last one that was read: `>` or `<`. */
	readonly after: Fragment
	/** `ASC` or `DESC`. */
	readonly direction: Fragment
}

export function ordered(sql: Sql, direction: Direction): Ordering {
	return direction === 'asc'
		? { after: sql.raw('>'), direction: sql.raw('ASC') }
		: { after: sql.raw('<'), direction: sql.raw('DESC') }
}
