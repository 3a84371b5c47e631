// Checks at start that a PostgreSQL database can store what the stores write: its encoding, columns and rights.

import { DatabaseError } from '../database-error.ts'
import type { Sql } from '../sql/sql.ts'
import { tables } from '../sql/table.ts'

/** @throws DatabaseError if the encoding does not contain all characters. */
export async function requireEncoding(sql: Sql): Promise<void> {
	const [row] = await sql`SELECT current_setting('server_encoding') AS encoding, current_database() AS name`
	if (row?.encoding === 'UTF8') return
	throw new DatabaseError(
		`The encoding of the database '${row?.name}' is ${row?.encoding}, which cannot store every text. Create a database with the encoding UTF8, for example with CREATE DATABASE dragoman ENCODING 'UTF8' TEMPLATE template0, and configure that one.`,
	)
}

/** The columns of the table that the `search_path` leads to; none if there is no such table. */
export async function usableColumns(sql: Sql, table: string): Promise<readonly string[]> {
	const rows = await sql`
		SELECT attname AS name FROM pg_attribute
		WHERE attrelid = to_regclass(${table}) AND attnum > 0 AND NOT attisdropped`
	return Array.from(rows, ({ name }) => String(name))
}

const rights = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const

/** @throws DatabaseError if the user cannot read or write a table. */
export async function requireRights(sql: Sql): Promise<void> {
	for (const { name } of tables)
		for (const right of rights) {
			const [row] = await sql`
				SELECT has_table_privilege(to_regclass(${name}), ${right}) AS granted, current_user AS "user"`
			if (row?.granted === true) continue
			throw new DatabaseError(
				`The user '${row?.user}' has no ${right} right on the table '${name}'. Grant it: GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA … TO ${row?.user}.`,
			)
		}
}
