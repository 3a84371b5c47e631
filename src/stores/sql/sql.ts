// SQL as the stores write it: templates whose values are parameters, the same text for either database. What Bun's own client for
// PostgreSQL takes, as far as it is used here.

export type Row = Readonly<Record<string, unknown>>

/** What stands in a statement beside its parameters: rows to insert, or a table's name. */
export interface Fragment {
	readonly fragment: readonly Row[] | string
}

export interface Sql {
	(strings: TemplateStringsArray, ...values: readonly unknown[]): Promise<readonly Row[]>
	/** Columns and values of `INSERT INTO table …`; all rows have the columns of the first. */
	(rows: readonly object[]): Fragment
	/** A name, quoted. */
	(name: string): Fragment
	/** Text as it stands, several statements where there are no parameters. */
	unsafe(text: string, parameters?: readonly unknown[]): Promise<readonly Row[]>
	/** `mode` stands behind BEGIN. Undone where `work` throws. Nothing else may use the connection meanwhile. */
	begin<Result>(work: (sql: Sql) => Promise<Result>): Promise<Result>
	begin<Result>(mode: string, work: (sql: Sql) => Promise<Result>): Promise<Result>
	close(): Promise<void>
}
