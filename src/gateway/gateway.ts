// The composition root: creates a request handler and close() from the configuration. Stores and engines are opened
// here only.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ConfigFile } from '../config/schema.ts'
import type { Settings } from '../config/settings.ts'
import type { ProgressSink } from '../engines/kind.ts'
import { SocketFolder } from '../engines/llama/socket-folder.ts'
import { closing as closingServer } from '../engines/running-calls.ts'
import { HostAddresses, lookUpAddresses } from '../http/host-addresses.ts'
import { UrlPolicy } from '../http/url-policy.ts'
import { readConfiguredKey } from '../keys/configured-key.ts'
import type { KeyStore } from '../keys/key-store.ts'
import { Quarantine } from '../ledger/quarantine.ts'
import type { Model } from '../routing/model.ts'
import { type Handler, openHandler } from '../server/handler.ts'
import { ServedDocument } from '../server/served-document.ts'
import { openStores, type Stores } from '../stores/open-stores.ts'
import type { Clock } from '../system/clock.ts'
import type { RootLog } from '../system/log.ts'
import { Occupancy } from '../system/occupancy.ts'
import { removeForeignAccessWithin } from '../system/private-files.ts'
import { type Fault, ServerChecks } from '../system/server-checks.ts'
import { diskSpace, findFolderFault } from '../system/writable-folder.ts'
import type { MetricSnapshot } from '../telemetry/metric.ts'
import { openTelemetry } from '../telemetry/open-telemetry.ts'
import { LiveDeployment } from './deployment.ts'
import { handlerSettings } from './handler-settings.ts'
import { openPage } from './open-page.ts'
import { openStorage } from './open-storage.ts'
import { retain } from './retention.ts'

export interface Gateway extends Handler {
	/** The keys of the database, without the configured admin key. */
	readonly keys: KeyStore
	/** The models of the current configuration. */
	readonly models: readonly Model[]
	/**
	 * Serves the models and upstreams of `config` from now on, and what it says about the web page. Streams in flight
	 * continue.
	 *
	 * @throws Error if it can never work. The current deployment is then unchanged.
	 */
	reload(config: ConfigFile): Promise<void>
	/** The metrics of this process. */
	metrics(): Promise<readonly MetricSnapshot[]>
	/** Ends responses in flight: streams with an error as their last event, all others with an error. */
	interrupt(): Promise<void>
	/** Closes every engine and the stores. */
	close(): Promise<void>
}

/** Dependencies that the process provides. */
export interface GatewayContext {
	readonly version: string
	/** The command that runs this program, without arguments. */
	readonly command: readonly string[]
	readonly environment: Readonly<Record<string, string | undefined>>
	/** Shows the progress of a download. */
	readonly showProgress: () => ProgressSink
	readonly clock: Clock
	readonly log: RootLog
	/** The metrics of the other processes that serve the same address, if there are any. */
	readonly otherMetrics?: () => Promise<readonly (readonly MetricSnapshot[])[]>
}

/**
 * @throws ConfigError or Error if the configuration can never work. Slow engines continue to start in the background.
 */
export async function openGateway(settings: Settings, context: GatewayContext): Promise<Gateway> {
	await mkdir(settings.dataFolder, { recursive: true, mode: 0o700 })
	// It may contain files of former versions or of restored backups.
	await removeForeignAccessWithin(settings.dataFolder)
	const occupancy = new Occupancy()
	const stores = await openStores(settings, 'create', occupancy)
	const sockets = new SocketFolder({ dataFolder: settings.dataFolder, environment: context.environment })
	const deployment = new LiveDeployment(settings, { ...context, socketFolder: () => sockets.path() })
	try {
		return await composeGateway({ stores, occupancy, sockets, deployment }, settings, context)
	} catch (thrown) {
		await deployment.close()
		await stores.close()
		await sockets.remove()
		throw thrown
	}
}

interface GatewayParts {
	readonly stores: Stores
	/** Of the event loop: all long work of the process takes turns in it. */
	readonly occupancy: Occupancy
	readonly sockets: SocketFolder
	/** No configuration has been applied to it yet. */
	readonly deployment: LiveDeployment
}

async function composeGateway(
	{ stores, occupancy, sockets, deployment }: GatewayParts,
	settings: Settings,
	context: GatewayContext,
): Promise<Gateway> {
	const { keys } = stores
	await deployment.apply(settings.config)
	const quarantine = new Quarantine(settings.quarantineFolder)
	const storage = await openStorage(stores, settings, { quarantine, clock: context.clock, log: context.log })
	const checks = new ServerChecks(
		{
			database: () => checkDatabase(stores),
			journal: () => storage.ledger.check(),
			disk: () => checkDisk(settings.dataFolder),
		},
		context.log,
	)
	const telemetry = await openTelemetry(settings.config.telemetry, {
		log: context.log,
		clock: context.clock,
		version: context.version,
		quarantinedRecords: () => quarantine.size,
		turns: storage.gauges,
		server: async () => ({
			checks: await checks.results(),
			disk: await diskSpace(settings.dataFolder).catch(() => undefined),
			pendingRecords: storage.ledger.pending,
			maxPendingRecords: settings.config.ledger.maxPending,
		}),
		upstreams: () => deployment.endpoints.map((endpoint) => endpoint.gauges()),
		others: context.otherMetrics,
	})
	let described = settings.config.page
	const closing = new AbortController()
	const retention = startRetention(stores, settings, context, closing.signal)
	const handler = openHandler({
		...handlerSettings(settings.config),
		keys,
		configuredKey: readConfiguredKey(settings.config.adminKey, context.clock.now()),
		keyRules: settings.config.keys,
		urlPolicy: new UrlPolicy(
			settings.config.urls,
			new HostAddresses({ lookUp: lookUpAddresses, nowMs: () => performance.now() }),
		),
		storage,
		occupancy,
		deployment: () => deployment.current,
		page: await openPage(context.log),
		pageDescription: () => described,
		document: new ServedDocument({
			version: context.version,
			defaults: settings.config.dialects,
			models: () => deployment.current.models.listed,
		}),
		version: context.version,
		clock: context.clock,
		random: Math.random,
		log: context.log,
		telemetry,
		checks: () => checks.results(),
	})
	return {
		respond: handler.respond,
		fetch: handler.fetch,
		socket: handler.socket,
		drain: () => handler.drain(),
		idle: () => handler.idle(),
		settled: () => handler.settled(),
		readiness: (excluded) => handler.readiness(excluded),
		keys,
		get models() {
			return deployment.current.models.listed
		},
		async reload(config) {
			await deployment.apply(config)
			described = config.page
		},
		metrics: () => telemetry.snapshot(),
		async interrupt() {
			handler.interrupt()
			storage.streams.close(closingServer())
			await deployment.close()
		},
		async close() {
			storage.streams.close(closingServer())
			await deployment.close()
			await handler.settled()
			closing.abort()
			await retention
			await storage.close()
			await telemetry.close()
			await stores.close()
			await sockets.remove()
		},
	}
}

/** Resolves when `signal` is aborted. */
function startRetention(
	stores: Stores,
	{ config, dataFolder }: Settings,
	{ clock, log }: GatewayContext,
	signal: AbortSignal,
): Promise<void> {
	const { history, ledger } = config
	const retention = {
		...stores,
		conversationDays: history.keepDays,
		ledgerDays: ledger.keepDays,
		clockFile: join(dataFolder, 'clock.json'),
		clock,
		log,
	}
	return retain(retention, signal)
}

function checkDatabase(stores: Stores): Promise<Fault | undefined> {
	return stores.check().then(
		() => undefined,
		(cause: unknown) => ({ reason: 'the database cannot be reached', cause }),
	)
}

async function checkDisk(dataFolder: string): Promise<Fault | undefined> {
	switch (await findFolderFault(dataFolder)) {
		case 'missing':
			return { reason: 'the data folder does not exist' }
		case 'read-only':
			return { reason: 'the data folder cannot be written' }
		case 'full':
			return { reason: 'the disk of the data folder is full' }
		case undefined:
			return undefined
	}
}
