// dragoman serve: the gateway on a socket, from configuration to a graceful end; alone or as several processes that share the address.

import { Command, InvalidArgumentError, Option } from 'commander'
import { type ConfigFlags, openConfiguredLog, readSettings, type Settings } from '../config/settings.ts'
import type { Gateway, GatewaySurroundings } from '../gateway.ts'
import { type Listener, listen } from '../http/listener.ts'
import { systemClock } from '../time/clock.ts'
import { Complaint } from './complaint.ts'
import { watchConfig } from './config-watch.ts'
import { addConfigOptions, type CommandSurroundings } from './program.ts'
import { openProgress } from './progress.ts'
import { greet } from './welcome.ts'
import { type Foreman, openForeman } from './worker.ts'
import { superviseWorkers } from './workers.ts'

interface ServeFlags extends ConfigFlags {
	readonly workers: number
	readonly worker?: true
}

export function serveCommand(surroundings: CommandSurroundings): Command {
	return addConfigOptions(new Command('serve').description('serve the API and the web page'))
		.addOption(
			new Option('--listen <host:port>', 'address to serve on; also DRAGOMAN_LISTEN (default: 127.0.0.1:8080)'),
		)
		.addOption(new Option('--workers <count>', 'processes that share the address').argParser(readCount).default(1))
		.addOption(new Option('--worker').hideHelp())
		.action(async ({ workers, worker, ...flags }: ServeFlags) => {
			const settings = await readSettings(flags, surroundings.environment)
			if (worker === true) await serveAsWorker(flags, settings, surroundings)
			else if (workers > 1) await superviseWorkers(workers, settings, surroundings)
			else await serveAlone(flags, settings, surroundings)
			process.exit(0)
		})
}

async function serveAlone(flags: ConfigFlags, settings: Settings, surroundings: CommandSurroundings): Promise<void> {
	const gateway = await openServedGateway(settings, surroundings)
	// From here on a signal ends the server in good order, also one that comes as soon as it says that it listens.
	const signalled = firstSignal()
	const listener = await listenOrClose(gateway, settings, false)
	try {
		await greet(listener.url, gateway, settings, surroundings)
	} catch (thrown) {
		await listener.close(0)
		await gateway.close()
		throw thrown
	}
	await serveUntil(signalled, flags, settings, gateway, listener, surroundings)
}

async function serveAsWorker(flags: ConfigFlags, settings: Settings, surroundings: CommandSurroundings): Promise<void> {
	const foreman = openForeman()
	const gateway = await openServedGateway(settings, surroundings, foreman)
	const signalled = Promise.race([firstSignal(), foreman.gone])
	const listener = await listenOrClose(gateway, settings, true)
	foreman.serve(() => gateway.metrics())
	await serveUntil(signalled, flags, settings, gateway, listener, surroundings)
}

async function serveUntil(
	signalled: Promise<void>,
	flags: ConfigFlags,
	settings: Settings,
	gateway: Gateway,
	listener: Listener,
	surroundings: CommandSurroundings,
): Promise<void> {
	const log = openConfiguredLog(settings)
	const watch = watchConfig(settings, () => readSettings(flags, surroundings.environment), gateway, log)
	await signalled
	watch.close()
	const { shutdownMs } = settings.config.limits
	const deadline = systemClock.sleep(shutdownMs)
	await listener.close(shutdownMs, () => gateway.interrupt())
	// What goes on without its client has as long as what has one.
	await Promise.race([gateway.idle(), deadline])
	await gateway.close()
}

async function openServedGateway(
	settings: Settings,
	{ version, command, environment }: CommandSurroundings,
	foreman?: Foreman,
): Promise<Gateway> {
	const { openGateway } = await import('../gateway.ts')
	const surroundings: GatewaySurroundings = {
		version,
		command,
		environment,
		showProgress: () => openProgress(process.stderr, systemClock),
		clock: systemClock,
		log: openConfiguredLog(settings),
		...(foreman === undefined ? {} : { otherMetrics: () => foreman.otherMetrics() }),
	}
	return openGateway(settings, surroundings)
}

/** Says which address is taken instead of showing a stack, and leaves no engine behind. */
async function listenOrClose(gateway: Gateway, { config }: Settings, shared: boolean): Promise<Listener> {
	try {
		const maxBodyBytes = 2 * config.limits.bodyBytes
		return listen({ address: config.listen, fetch: gateway.fetch, socket: gateway.socket, maxBodyBytes, shared })
	} catch (cause) {
		await gateway.close()
		throw new Complaint(`Cannot listen on ${config.listen}: ${cause instanceof Error ? cause.message : String(cause)}`)
	}
}

/** Resolves at the first signal; the second ends the process at once. */
async function firstSignal(): Promise<void> {
	const signals = ['SIGINT', 'SIGTERM'] as const
	await new Promise<void>((resolve) => {
		for (const signal of signals) process.once(signal, () => resolve())
	})
	for (const signal of signals) process.once(signal, () => process.exit(130))
}

function readCount(text: string): number {
	const count = Number(text)
	if (!/^\d{1,3}$/.test(text) || count < 1) throw new InvalidArgumentError('expected a number from 1 to 999.')
	return count
}
