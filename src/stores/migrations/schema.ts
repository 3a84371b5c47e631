// Checks that a database has the schema that its caller expects. Does not change the database.

import { DatabaseError } from '../database-error.ts'
import type { Sql } from '../sql/sql.ts'
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
	const applied = await readKnownSteps(sql)
	const [next] = migrations.filter(({ name }) => !applied.has(name))
	if (next !== undefined) throw new SchemaError('outdated', `step ${next.name} of its schema has not been applied`)
}

/**
 * The steps that were applied. A newer version may have renamed or removed tables and columns that this version uses.
 *
 * @throws DatabaseError if one of them is unknown to this version.
 */
export async function readKnownSteps(sql: Sql): Promise<ReadonlySet<string>> {
	const { applied, unknown } = await readSteps(sql)
	if (unknown.length === 0) return applied
	throw new DatabaseError(
		`The database was written by a newer version of Dragoman (unknown steps: ${namesOf(unknown)}). Start that version, or restore a backup.`,
	)
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
