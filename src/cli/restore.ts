// dragoman restore: replaces the configured database by a backup, while no server is running.

import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { type ConfigFlags, readSettings } from '../config/settings.ts'
import { addConfigOptions, type CommandContext } from './command.ts'

interface RestoreFlags extends ConfigFlags {
	readonly replace?: true
}

export function restoreCommand(context: CommandContext): Command {
	return addConfigOptions(
		new Command('restore')
			.description('restore a backup as the database, while no server is running')
			.argument('<file>', 'a file that `dragoman backup` wrote')
			.option('--replace', 'set an existing database aside, in a folder of the data folder'),
	).action(async (file: string, flags: RestoreFlags) => {
		const settings = await readSettings(flags, context.environment)
		const { restoreDatabase } = await import('../stores/backup.ts')
		const inData = (name: string) => join(settings.dataFolder, name)
		const setAsideFolder = inData(`replaced-${new Date().toISOString().replaceAll(':', '-')}`)
		const { setAside, interrupted, missingSteps } = await restoreDatabase(settings.database, resolve(file), {
			replace: flags.replace === true,
			setAsideFolder,
			// A restored conversation has none of the streams of its former answers, and none of the ends that were pending.
			ofState: [inData('streams'), inData('turns')],
			// The calls in the journal took place, so their usage belongs to any later or earlier state of the database.
			ofDatabase: [inData('journal'), settings.quarantineFolder, inData('first-key')],
			onStep: (step) => context.printStatus(step),
		})
		if (setAside.length > 0) context.printStatus(`What was replaced is in ${setAsideFolder}.`)
		if (interrupted > 0) context.printStatus(`${interrupted} turns were running in the backup and are interrupted now.`)
		if (missingSteps.length > 0)
			context.printStatus(`The next start migrates the database (${missingSteps.join(', ')}).`)
		context.printStatus('The database is restored.')
	})
}
