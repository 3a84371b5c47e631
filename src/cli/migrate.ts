// dragoman migrate: brings the configured database up to date. A server does the same when it starts; this is for whoever wants it done
// before.

import { Command } from 'commander'
import { type ConfigFlags, readSettings } from '../config/settings.ts'
import { addConfigOptions, type CommandContext } from './command.ts'

export function migrateCommand(surroundings: CommandContext): Command {
	return addConfigOptions(new Command('migrate').description('bring the database up to date')).action(
		async (flags: ConfigFlags) => {
			const settings = await readSettings(flags, surroundings.environment)
			const { openDatabase } = await import('../stores/open-stores.ts')
			const database = await openDatabase(settings, 'create')
			await database.close()
			for (const step of database.migrated) surroundings.print(step)
			surroundings.tell(
				database.migrated.length === 0 ? 'The database is up to date.' : `Done: ${database.migrated.length} steps.`,
			)
		},
	)
}
