// A process that serves: from startup to graceful shutdown. It does not know the options of the command (serve.ts), which
// every command loads.

import { openConfiguredLog } from '../config/configured-log.ts'
import { type ConfigFlags, readServedSettings, type Settings } from '../config/settings.ts'
import { connectionLimits } from '../gateway/connection-limits.ts'
import { type Gateway, type GatewayContext, openGateway } from '../gateway/gateway.ts'
import { socketPathOf } from '../http/listen-address.ts'
import { type Listener, listen } from '../server/listener.ts'
import { systemClock } from '../system/clock.ts'
import type { CommandContext } from './command.ts'
import { type ConfigWatchOptions, watchConfig } from './config-watch.ts'
import { listenError } from './listen-failure.ts'
import { openProgress } from './progress.ts'
import { listenOnSocket } from './socket-listener.ts'
import { followStop, openUnlessEnded, type StopRequest } from './stop-request.ts'
import { printWelcome } from './welcome.ts'
import type { Primary } from './worker.ts'

/** Serves until a signal, in this process alone. */
export async function serveInProcess(flags: ConfigFlags, settings: Settings, context: CommandContext): Promise<void> {
	const stop = followStop(context)
	const gateway = await openUnlessEnded(stop.started, openServedGateway(settings, context))
	const listener = await listenOrClose(gateway, settings, false)
	try {
		await printWelcome(listener.url, gateway, settings, context)
	} catch (thrown) {
		await listener.close(0)
		await gateway.close()
		throw thrown
	}
	await serveUntil(stop, { gateway, listener, settings, read: () => readServedSettings(flags, context.environment) })
}

/** Serves as one of the processes that share an address. */
export async function serveAsWorker(
	primary: Primary,
	flags: ConfigFlags,
	settings: Settings,
	context: CommandContext,
): Promise<void> {
	const gateway = await openServedGateway(settings, context, primary)
	const listener = await listenOrClose(gateway, settings, true)
	primary.serve(() => gateway.metrics())
	await serveUntil(primary, { gateway, listener, settings, read: () => readServedSettings(flags, context.environment) })
}

interface RunningServer extends Pick<ConfigWatchOptions, 'settings' | 'read'> {
	readonly gateway: Gateway
	readonly listener: Listener
}

async function serveUntil(stop: StopRequest, { gateway, listener, settings, read }: RunningServer): Promise<void> {
	const watch = watchConfig({ settings, read, gateway, log: openConfiguredLog(settings) })
	stop.onReload(() => watch.reload())
	await stop.started
	watch.close()
	const { drainMs, shutdownMs } = settings.config.limits
	gateway.drain()
	if (drainMs > 0) await systemClock.sleep(drainMs)
	const deadline = systemClock.sleep(shutdownMs)
	await listener.close(shutdownMs, () => gateway.interrupt())
	// Background tasks have the same deadline as requests with a connected client.
	await Promise.race([gateway.idle(), deadline])
	await gateway.close()
}

async function openServedGateway(
	settings: Settings,
	{ version, command, environment }: CommandContext,
	primary?: Primary,
): Promise<Gateway> {
	const context: GatewayContext = {
		version,
		command,
		environment,
		showProgress: () => openProgress(process.stderr, systemClock),
		clock: systemClock,
		log: openConfiguredLog(settings),
		otherMetrics: primary === undefined ? undefined : () => primary.otherMetrics(),
	}
	return openGateway(settings, context)
}

/** Reports the address and the reason of a failure instead of a stack, and stops every engine. */
async function listenOrClose(gateway: Gateway, { config }: Settings, shared: boolean): Promise<Listener> {
	try {
		const { respond, socket } = gateway
		const options = { address: config.listen, respond, socket, shared, ...connectionLimits(config) }
		const path = socketPathOf(config.listen)
		return path === undefined ? listen(options) : await listenOnSocket(path, config.server.socketMode, options)
	} catch (cause) {
		await gateway.close()
		throw listenError(config.listen, cause)
	}
}
