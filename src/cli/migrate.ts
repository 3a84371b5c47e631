// dragoman migrate: migrates the configured database to the current schema. A server does the same at startup; this
// command does it separately.

import { Command } from 'commander'
import { type ConfigFlags, readSettings } from '../config/settings.ts'
import { addConfigOptions, type CommandContext } from './command.ts'

export function migrateCommand(context: CommandContext): Command {
	return addConfigOptions(new Command('migrate').description('migrate the database to the current schema')).action(
		async (flags: ConfigFlags) => {
			const settings = await readSettings(flags, context.environment)
			const { openDatabase } = await import('../stores/open-stores.ts')
			const database = await openDatabase(settings.database, 'create')
			await database.close()
			for (const step of database.migrated) context.print(step)
			context.printStatus(
				database.migrated.length === 0
					? 'The database is up to date.'
					: `Applied ${database.migrated.length} migrations.`,
			)
		},
	)
}
