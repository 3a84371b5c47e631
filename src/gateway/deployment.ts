// The models and upstreams of the current configuration. After a reload, unchanged upstreams continue without
// interruption, new ones are opened, and removed ones are closed after their last call.

import { join } from 'node:path'
import { withoutQuotes } from '../chat/quoting-error.ts'
import { ConfigError } from '../config/config-error.ts'
import { withHome } from '../config/home-folder.ts'
import { readSystemRegistries } from '../config/package-index.ts'
import type { ConfigFile, UpstreamConfig } from '../config/schema.ts'
import type { Settings } from '../config/settings.ts'
import type { EngineContext, ProgressSink } from '../engines/kind.ts'
import { engineKinds } from '../engines/list.ts'
import type { Deployment, Upstream } from '../pipeline/deployment.ts'
import { HealthChecks } from '../routing/health-checks.ts'
import { type Model, ModelTable } from '../routing/model.ts'
import { retryOptions } from '../routing/options.ts'
import { policies } from '../routing/policies/list.ts'
import { Route } from '../routing/route.ts'
import { UpstreamEndpoint } from '../routing/upstream-endpoint.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import { ThrottledLog } from '../system/throttled-log.ts'
import type { UpstreamModel } from '../wire/json/model-list-reader.ts'
import { discoverySource, readDiscoveredModels } from './discovered-models.ts'
import { type DiscoverySource, ModelDiscovery } from './model-discovery.ts'

export interface DeploymentContext {
	/** The command that runs this program, without arguments. */
	readonly command: readonly string[]
	readonly environment: Readonly<Record<string, string | undefined>>
	/** Shows the progress of a download. */
	readonly showProgress: () => ProgressSink
	readonly clock: Clock
	readonly log: Log
	/** Created when it is first needed; see EngineContext. */
	readonly socketFolder: () => Promise<string>
}

/** An upstream with the configuration that it was opened from. */
interface Opened extends Upstream {
	readonly config: UpstreamConfig
	/** Set if its models are discovered. */
	readonly discovery: DiscoverySource | undefined
}

/** A removed upstream is closed after this long without a call, in milliseconds. */
const graceMs = 1000

const outOfDescriptors =
	'requests are rejected with 503: this process has no file descriptor left to connect to an upstream; raise the limit of open files (ulimit -n, LimitNOFILE= of systemd, nofile of Docker)'

export class LiveDeployment {
	private readonly settings: Settings
	private readonly context: DeploymentContext
	private upstreams: ReadonlyMap<string, Opened> = new Map()
	private readonly retiring = new Set<Promise<void>>()
	private readonly closing = new AbortController()
	private readonly throttled: ThrottledLog
	private checks: HealthChecks | undefined
	private readonly discovery: ModelDiscovery
	private config: ConfigFile
	private deployment: Deployment | undefined

	/** Opens nothing yet. */
	constructor(settings: Settings, context: DeploymentContext) {
		this.settings = settings
		this.context = context
		this.config = settings.config
		this.discovery = new ModelDiscovery({
			clock: context.clock,
			log: context.log,
			folder: join(settings.dataFolder, 'discovered-models'),
			changed: () => {
				if (this.deployment !== undefined) this.deployment = this.describe(this.config, this.upstreams)
			},
		})
		this.throttled = new ThrottledLog(context.log, { now: () => performance.now() })
	}

	/** @throws Error before the first `apply`. */
	get current(): Deployment {
		if (this.deployment === undefined) throw new Error('no configuration has been applied yet')
		return this.deployment
	}

	/** All upstreams, for gauges. */
	get endpoints(): readonly UpstreamEndpoint[] {
		return [...this.upstreams.values()].map(({ endpoint }) => endpoint)
	}

	/**
	 * Uses the models and upstreams of `config` for all further requests.
	 *
	 * @throws Error if an upstream can never work. The current deployment is then unchanged.
	 */
	async apply(config: ConfigFile): Promise<void> {
		const next = new Map<string, Opened>()
		try {
			for (const [name, upstream] of Object.entries(config.upstreams)) {
				const running = this.upstreams.get(name)
				const same = running !== undefined && Bun.deepEquals(running.config, upstream)
				next.set(name, same ? running : await this.open(name, upstream))
			}
			this.describe(config, next)
		} catch (thrown) {
			for (const [name, opened] of next) if (this.upstreams.get(name) !== opened) await opened.engine.close()
			throw thrown
		}
		for (const [name, running] of this.upstreams) if (next.get(name) !== running) this.retire(running)
		this.upstreams = next
		this.config = config
		await this.discovery.follow([...next.values()].flatMap(({ discovery }) => discovery ?? []))
		this.deployment = this.describe(config, next)
		this.checkHealth()
	}

	/** Ends every engine. */
	async close(): Promise<void> {
		this.closing.abort()
		this.checks?.close()
		this.discovery.close()
		await Promise.all([...[...this.upstreams.values()].map(({ engine }) => engine.close()), ...this.retiring])
	}

	private async open(name: string, config: UpstreamConfig): Promise<Opened> {
		const {
			engine: kind,
			model,
			concurrency,
			breaker,
			health: _,
			models,
			strictness,
			builtIn = false,
			...options
		} = config
		const known = engineKinds[kind]
		if (known === undefined) throw new Error(`upstream '${name}': unknown engine '${kind}'`)
		const log = this.context.log.child({ upstream: name })
		const engine = await known
			.open(options, { ...this.engineContext(), name, model, builtIn, log })
			.catch((cause: unknown) => {
				throw unusable(name, cause)
			})
		return {
			name,
			model,
			config,
			discovery: models === undefined ? undefined : discoverySource(config, models, name, engine),
			acceptsViolations: (strictness ?? known.strictness(options)) === 'upstream',
			isLocal: known.isLocal,
			engine,
			endpoint: new UpstreamEndpoint({
				name,
				concurrency: concurrency ?? known.concurrency?.(options),
				breaker,
				nowMs: () => performance.now(),
				breakerChanged: (state) =>
					state === 'open' ? log.warn('circuit breaker opened') : log.info('circuit breaker closed'),
			}),
		}
	}

	private describe(config: ConfigFile, upstreams: ReadonlyMap<string, Opened>): Deployment {
		return describe(config, upstreams, (name) => this.discovery.modelsOf(name))
	}

	private engineContext(): Omit<EngineContext, 'name' | 'model' | 'builtIn' | 'log'> {
		const { command, environment, clock, showProgress, socketFolder } = this.context
		const { configFolder, dataFolder, engineFolder, modelFolder, config } = this.settings
		return {
			command,
			environment: withHome(environment, dataFolder),
			showProgress,
			registries: () => readSystemRegistries(environment, dataFolder),
			clock,
			outOfDescriptors: () => this.throttled.write('error', {}, outOfDescriptors),
			configFolder,
			engineFolder,
			modelFolder,
			socketFolder,
			download: config.download,
		}
	}

	private retire({ engine, endpoint }: Opened): void {
		const ended = this.endWhenIdle(endpoint)
			.then(() => engine.close())
			.finally(() => this.retiring.delete(ended))
		this.retiring.add(ended)
	}

	private async endWhenIdle(endpoint: UpstreamEndpoint): Promise<void> {
		const { signal } = this.closing
		do await this.context.clock.sleep(graceMs, signal).catch(() => undefined)
		while (!signal.aborted && endpoint.limiter.running + endpoint.limiter.waiting > 0)
	}

	private checkHealth(): void {
		this.checks?.close()
		const { clock, log } = this.context
		const checked = [...this.upstreams.values()].flatMap(({ endpoint, engine, config: { health } }) => {
			if (health === undefined) {
				endpoint.healthy = true
				return []
			}
			return [{ endpoint, options: health, probe: async (signal: AbortSignal) => engine.probe?.(health.path, signal) }]
		})
		this.checks = new HealthChecks(checked, {
			clock,
			random: Math.random,
			changed: (endpoint, reason) =>
				endpoint.healthy
					? log.info({ upstream: endpoint.name }, 'health check passed, returned to rotation')
					: log.warn(
							{ upstream: endpoint.name, err: withoutQuotes(reason) },
							'health check failed, removed from rotation',
						),
		})
	}
}

/** Kinds reject options that can never work. The operator needs the upstream's name, not a stack. */
function unusable(name: string, cause: unknown): ConfigError {
	const [line] = (cause instanceof Error ? cause.message : String(cause)).split('\n')
	return new ConfigError(`upstreams.${name}: ${line}`, { cause })
}

function describe(
	config: ConfigFile,
	upstreams: ReadonlyMap<string, Opened>,
	discoveredBy: (upstream: string) => readonly UpstreamModel[],
): Deployment {
	const discovered = readDiscoveredModels([...upstreams.values()], discoveredBy)
	const configured = Object.entries(config.models).map(([name, model]) => readModel(name, model))
	const models = new ModelTable(configured, discovered)
	const routes = new Map(
		models.all.map((model) => [
			model.name,
			Object.hasOwn(config.models, model.name)
				? readRoute(model.name, config, upstreams)
				: routeOfDiscovered(model, upstreams),
		]),
	)
	const byEndpoint = new Map([...upstreams.values()].map((upstream) => [upstream.endpoint, upstream]))
	return {
		models,
		routeOf: ({ name }) => found(routes.get(name), name),
		upstreamAt: (endpoint) => found(byEndpoint.get(endpoint), endpoint.name),
	}
}

function routeOfDiscovered({ route }: Model, upstreams: ReadonlyMap<string, Opened>): Route {
	return new Route({
		members: route.map((name) => ({ endpoint: found(upstreams.get(name), name).endpoint, weight: 1 })),
		policy: policies['in-order'](),
		retry: retryOptions.parse(undefined),
	})
}

function readModel(name: string, { contextTokens, price, route, ...rest }: ConfigFile['models'][string]): Model {
	const { type, aliases, capabilities, required, ownedBy, tokenizer } = rest
	return {
		name,
		type,
		aliases: [...new Set(aliases)].filter((alias) => alias !== name),
		capabilities,
		required,
		ownedBy,
		tokenizer,
		route: route.map((entry) => (typeof entry === 'string' ? entry : entry.upstream)),
		contextTokens,
		price,
	}
}

function readRoute(name: string, config: ConfigFile, upstreams: ReadonlyMap<string, Opened>): Route {
	const { route, policy, retry } = found(config.models[name], name)
	return new Route({
		members: route.map((entry) => {
			const { upstream, weight } = typeof entry === 'string' ? { upstream: entry, weight: 1 } : entry
			return { endpoint: found(upstreams.get(upstream), upstream).endpoint, weight }
		}),
		policy: policies[policy](),
		retry,
	})
}

function found<Value>(value: Value | undefined, name: string): Value {
	if (value === undefined) throw new Error(`'${name}' is not part of this deployment`)
	return value
}
