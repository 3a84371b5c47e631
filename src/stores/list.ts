// All databases, and the one that is used if the configuration selects none.

import type { StoreKind } from './kind.ts'
import { postgres } from './postgres/kind.ts'
import { sqlite } from './sqlite/kind.ts'

export const storeKinds: readonly StoreKind[] = [sqlite, postgres]

/** The field `database` of a configuration without one. */
export const defaultDatabase = 'sqlite'

export function findStoreKind(address: string): StoreKind | undefined {
	return storeKinds.find((kind) => kind.recognizes(address))
}

/**
 * The address of the database that the configuration selects.
 *
 * @param setting a text that matches the pattern of one kind.
 */
export function locateDatabase(setting: string, dataFolder: string): string {
	const kind = storeKinds.find(({ setting: { pattern } }) => new RegExp(`^(${pattern})$`).test(setting))
	if (kind === undefined) throw new TypeError('no kind of database has this setting')
	return kind.locate(setting, dataFolder)
}
