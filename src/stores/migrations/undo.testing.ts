// Takes a database back to an older schema, for tests of what a newer program does with it.

import type { Sql } from '../sql/sql.ts'
import { migrations } from './migration.ts'

/** What undoes the steps that cannot be applied twice. */
const undo: Readonly<Record<string, (kind: string) => readonly string[]>> = {
	'008-search-texts': (kind) =>
		kind === 'SQLite'
			? [
					...['added', 'removed', 'changed'].map((name) => `DROP TRIGGER message_search_${name}`),
					'DROP TABLE message_search',
					'DROP TABLE message_search_trigrams',
				]
			: ['DROP INDEX messages_by_search_text', 'DROP EXTENSION pg_trgm'],
	'009-processes': () => ['DROP TABLE processes'],
	'010-key-parents': () => [
		'DROP INDEX keys_by_parent',
		'DROP INDEX keys_by_owner',
		'ALTER TABLE keys DROP COLUMN parent',
		'ALTER TABLE keys DROP COLUMN configured_ancestor',
	],
	'011-shares': () => ['DROP INDEX conversations_by_update', 'DROP TABLE shares'],
	'012-usage-days-by-key': () => ['DROP INDEX usage_days_by_key'],
}

/** The names of this step and of all later ones. */
export function stepsFrom(name: string): readonly string[] {
	const names = migrations.map((step) => step.name)
	return names.slice(names.indexOf(name))
}

/**
 * Statements that undo the schema of this step and of all later ones, and their records. Rewritten rows remain as they are.
 *
 * @param kind as in `DatabaseServer`.
 */
export function undoStatements(name: string, kind: string): readonly string[] {
	return stepsFrom(name)
		.toReversed()
		.flatMap((step) => [...(undo[step]?.(kind) ?? []), `DELETE FROM migrations WHERE name = '${step}'`])
}

/** Executes `undoStatements`. */
export async function undoStepsFrom(sql: Sql, name: string, kind: string): Promise<void> {
	for (const statement of undoStatements(name, kind)) await sql.unsafe(statement)
}
