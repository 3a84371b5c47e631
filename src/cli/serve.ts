// dragoman serve: runs the gateway from startup to graceful shutdown, in one process or in several that share the
// address.

import { Command, InvalidArgumentError, Option } from 'commander'
import { type ConfigFlags, readServedSettings } from '../config/settings.ts'
import { addConfigOptions, type CommandContext } from './command.ts'
import { Stop } from './stop.ts'
import { connectPrimary } from './worker.ts'

interface ServeFlags extends ConfigFlags {
	readonly workers: number
	readonly worker?: true
}

export function serveCommand(context: CommandContext): Command {
	return addConfigOptions(new Command('serve').description('serve the API and the web page'))
		.addOption(
			new Option(
				'--listen <address>',
				'host:port or unix:PATH to serve on; also DRAGOMAN_LISTEN (default: 127.0.0.1:8080)',
			),
		)
		.addOption(
			new Option('--workers <count>', 'number of processes that share the address').argParser(readCount).default(1),
		)
		.addOption(new Option('--worker').hideHelp())
		.action(async ({ workers, worker, ...flags }: ServeFlags) => {
			// Before anything else, so that a signal to the process group does not end a worker during startup.
			const primary = worker === true ? connectPrimary(new Stop()) : undefined
			const settings = await readServedSettings(flags, context.environment)
			if (primary === undefined && workers > 1) {
				const { superviseWorkers } = await import('./workers.ts')
				await superviseWorkers(workers, settings, context)
			} else {
				const { serveAsWorker, serveInProcess } = await import('./server-process.ts')
				if (primary !== undefined) await serveAsWorker(primary, flags, settings, context)
				else await serveInProcess(flags, settings, context)
			}
			process.exit(0)
		})
}

function readCount(text: string): number {
	const count = Number(text)
	if (!/^\d{1,3}$/.test(text) || count < 1) throw new InvalidArgumentError('Expected a number from 1 to 999.')
	return count
}
