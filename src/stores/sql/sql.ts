// SQL templates whose values become parameters, with the same text for both databases. The interface is the part of Bun's SQL client that
// the stores use.

export type Row = Readonly<Record<string, unknown>>

/** A part of a statement that is not a parameter: rows to insert, or an identifier. */
export interface Fragment {
	readonly fragment: readonly Row[] | string
}

export interface Sql {
	(strings: TemplateStringsArray, ...values: readonly unknown[]): Promise<readonly Row[]>
	/** Columns and values of `INSERT INTO table …`; all rows have the columns of the first. */
	(rows: readonly object[]): Fragment
	/** A quoted identifier. */
	(name: string): Fragment
	/** Unmodified text; may contain several statements if there are no parameters. */
	unsafe(text: string, parameters?: readonly unknown[]): Promise<readonly Row[]>
	/** `mode` follows BEGIN. Rolls back if `work` throws. The connection must not be used for anything else until it returns. */
	begin<Result>(work: (sql: Sql) => Promise<Result>): Promise<Result>
	begin<Result>(mode: string, work: (sql: Sql) => Promise<Result>): Promise<Result>
	close(): Promise<void>
}
