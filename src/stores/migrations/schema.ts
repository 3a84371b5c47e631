// Checks that a database has the schema that its caller expects. Does not change the database.

import { DatabaseError } from '../database-error.ts'
import type { Sql } from '../sql/sql.ts'
import { columns } from './columns.ts'
import { migrations } from './migration.ts'

/**
 * - `create`: a database that does not exist is created, and an older one is migrated. For the server and `dragoman migrate`.
 * - `update`: it must exist; an older one is migrated.
 * - `expect`: it must exist and be up to date; nothing is created or migrated.
 */
export type SchemaMode = 'create' | 'update' | 'expect'

/** The database does not have the schema that its caller expects. */
export class SchemaError extends Error {
	override readonly name = 'SchemaError'
	readonly type: 'missing' | 'outdated'

	constructor(type: SchemaError['type'], reason: string) {
		super(reason)
		this.type = type
	}
}

/**
 * @param hasTables whether the table `migrations` exists, according to the database's catalog.
 * @throws SchemaError if the database does not meet `mode`, DatabaseError if a newer version wrote it.
 */
export async function expectSchema(
	sql: Sql,
	mode: Exclude<SchemaMode, 'create'>,
	hasTables: () => Promise<boolean>,
): Promise<void> {
	if (!(await hasTables())) throw new SchemaError('missing', 'it has no Dragoman tables')
	if (mode === 'update') return
	const [next] = await missingSteps(sql)
	if (next !== undefined) throw new SchemaError('outdated', `step ${next} of its schema has not been applied`)
}

/** @throws DatabaseError if a newer version wrote the database, or if a later step was applied than a missing one. */
export async function missingSteps(sql: Sql): Promise<readonly string[]> {
	const applied = await readKnownSteps(sql)
	return migrations.filter(({ name }) => !applied.has(name)).map(({ name }) => name)
}

/**
 * Checks that the tables have all columns that the stores use.
 *
 * @param columnsOf the columns of a table; none if it does not exist.
 * @throws DatabaseError if one is missing.
 */
export async function expectColumns(columnsOf: (table: string) => Promise<readonly string[]>): Promise<void> {
	for (const [table, expected] of Object.entries(columns)) {
		const found = new Set(await columnsOf(table))
		if (found.size === 0) throw damaged(`there is no table '${table}'`)
		const missing = expected.find((column) => !found.has(column))
		if (missing !== undefined) throw damaged(`the table '${table}' has no column '${missing}'`)
	}
}

function damaged(reason: string): DatabaseError {
	return new DatabaseError(
		`The schema of the database is not the one that Dragoman has created: ${reason}. Undo the change, or restore a backup.`,
	)
}

/**
 * The steps that were applied. A newer version may have renamed or removed tables and columns that this version uses.
 *
 * @throws DatabaseError if one of them is unknown to this version.
 */
export async function readKnownSteps(sql: Sql): Promise<ReadonlySet<string>> {
	const { applied, unknown } = await readSteps(sql)
	if (unknown.length === 0) {
		expectOrder(applied)
		return applied
	}
	throw new DatabaseError(
		`The database was written by a newer version of Dragoman (unknown steps: ${namesOf(unknown)}). Start that version, or restore a backup.`,
	)
}

/** Steps are applied in order, so a gap is a change by others, and applying its step could fail or lose data. */
function expectOrder(applied: ReadonlySet<string>): void {
	const last = migrations.findLastIndex(({ name }) => applied.has(name))
	const gap = migrations.slice(0, last + 1).find(({ name }) => !applied.has(name))
	if (gap !== undefined) throw damaged(`step ${gap.name} is not recorded, although later ones are`)
}

export interface SchemaSteps {
	readonly applied: ReadonlySet<string>
	/** Applied by a newer version. */
	readonly unknown: readonly string[]
	/** Not applied yet. */
	readonly missing: readonly string[]
}

/** The steps of a database that has the table `migrations`. */
export async function readSteps(sql: Sql): Promise<SchemaSteps> {
	const rows = await sql`SELECT name FROM migrations ORDER BY name`
	const applied = new Set(Array.from(rows, ({ name }) => String(name)))
	const known = migrations.map(({ name }) => name)
	return {
		applied,
		unknown: [...applied].filter((name) => !known.includes(name)),
		missing: known.filter((name) => !applied.has(name)),
	}
}

/** For messages. */
export function namesOf(steps: readonly string[]): string {
	return steps.slice(0, mostNamed).join(', ') + (steps.length > mostNamed ? ', …' : '')
}

const mostNamed = 10
