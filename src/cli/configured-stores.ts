// Opens the configured database for commands that use one that a server has created. They do not create or migrate it.

import { type ConfigFlags, readSettings, type Settings } from '../config/settings.ts'
import type { Stores } from '../stores/open-stores.ts'
import { CliError } from './cli-error.ts'
import type { CommandContext } from './command.ts'

/**
 * Runs `use` on the configured database. Its name is printed to standard error first.
 *
 * @throws CliError if the database does not exist, DatabaseError if its schema is older or it cannot be opened.
 */
export async function withStores<Result>(
	flags: ConfigFlags,
	{ environment, printStatus }: CommandContext,
	use: (stores: Stores, settings: Settings) => Promise<Result>,
): Promise<Result> {
	const settings = await readSettings(flags, environment)
	const { databaseName, openStores } = await import('../stores/open-stores.ts')
	const stores = await withMissingRemedy(settings, openStores(settings, 'expect'))
	try {
		printStatus(`Database: ${databaseName(settings.database)}`)
		return await use(stores, settings)
	} finally {
		await stores.close()
	}
}

/** Adds the remedy to the error for a database that does not exist. */
export async function withMissingRemedy<Result>(settings: Settings, work: Promise<Result>): Promise<Result> {
	const { isLocal } = await import('../stores/open-stores.ts')
	const { NoDatabaseError } = await import('../stores/database-error.ts')
	return work.catch((thrown: unknown) => {
		throw thrown instanceof NoDatabaseError
			? new CliError(`${thrown.message}; ${remedy(settings, isLocal(settings.database))}`)
			: thrown
	})
}

function remedy(settings: Settings, local: boolean): string {
	return local
		? `set --data or DRAGOMAN_DATA to the data folder of the running server, or start the server with --data ${settings.dataFolder} first`
		: 'start the server with this configuration first, or run `dragoman migrate`'
}
