// dragoman backup: writes the configured database to one file while servers use it.

import { constants } from 'node:os'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { type ConfigFlags, readSettings } from '../config/settings.ts'
import { terminalLine } from '../system/terminal-text.ts'
import { CliError } from './cli-error.ts'
import { addConfigOptions, type CommandContext } from './command.ts'
import { withMissingRemedy } from './configured-stores.ts'

interface BackupFlags extends ConfigFlags {
	readonly force?: true
}

export function backupCommand(context: CommandContext): Command {
	return addConfigOptions(
		new Command('backup')
			.description('write the database to a file, also while a server is running')
			.argument('<file>', 'file of the backup')
			.option('--force', 'replace the file if it exists'),
	).action(async (file: string, flags: BackupFlags) => {
		const settings = await readSettings(flags, context.environment)
		const { backUpDatabase } = await import('../stores/backup.ts')
		const target = resolve(file)
		const ending = endedBySignal()
		const backup = backUpDatabase(settings.database, target, { overwrite: flags.force === true, signal: ending.signal })
		const { bytes } = await withMissingRemedy(settings, backup).finally(() => ending.close())
		context.printStatus(`Wrote ${terminalLine(target)} (${bytes} bytes).`)
	})
}

/** Aborts with a CliError if the process is to end, so that no part of a file remains. */
function endedBySignal(): { readonly signal: AbortSignal; close(): void } {
	const controller = new AbortController()
	const end = (name: 'SIGINT' | 'SIGTERM' | 'SIGHUP') =>
		controller.abort(new CliError('Interrupted: no backup was written.', 128 + constants.signals[name]))
	for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, end)
	return {
		signal: controller.signal,
		close() {
			for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(name, end)
		},
	}
}
