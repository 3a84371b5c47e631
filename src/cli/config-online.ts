// Requests the models of each upstream once, for `config check --online` and `doctor`. It sends no prompts.

import { ChatError, refusedKeyCode } from '../chat/error.ts'
import { readSystemRegistries } from '../config/package-index.ts'
import { routedUpstreams } from '../config/references.ts'
import type { ConfigFile, UpstreamConfig } from '../config/schema.ts'
import type { Settings } from '../config/settings.ts'
import type { Engine } from '../engines/engine.ts'
import type { EngineContext } from '../engines/kind.ts'
import { engineKinds } from '../engines/list.ts'
import { HttpFailure } from '../engines/upstream/http/http-failure.ts'
import { isModelPattern } from '../routing/model.ts'
import { systemClock } from '../system/clock.ts'
import { openLog } from '../system/log.ts'
import { nearest } from '../system/nearest.ts'
import type { CommandContext } from './command.ts'

export interface UpstreamReport {
	/** Name of the upstream. */
	readonly name: string
	readonly line: string
	/** `unchecked`: the engine does not list models. */
	readonly outcome: 'reachable' | 'failed' | 'unchecked'
	/** What failed; undefined unless the outcome is `failed`. */
	readonly fault?: UpstreamFault | undefined
}

/** `model`: it does not list a configured one. `key`: it rejects the key. `proxy`: its proxy failed or refused. */
export type UpstreamFault = 'model' | 'key' | 'proxy' | 'connection'

/** Timeout for one upstream, in milliseconds. */
const defaultTimeoutMs = 10_000

/** Checks all upstreams concurrently. */
export async function probeUpstreams(
	settings: Settings,
	{ command, environment }: CommandContext,
	timeoutMs = defaultTimeoutMs,
): Promise<readonly UpstreamReport[]> {
	const { config, configFolder, dataFolder, engineFolder, modelFolder } = settings
	const context = {
		command,
		environment,
		configFolder,
		engineFolder,
		modelFolder,
		// Engines with a process of their own are not opened.
		socketFolder: () => Promise.reject(new Error('engines with their own process are not opened by this check')),
		download: false,
		clock: systemClock,
		log: openLog({ level: 'silent', format: 'json' }),
		registries: () => readSystemRegistries(environment, dataFolder),
		showProgress: () => ({ update: () => undefined, end: () => undefined }),
		outOfDescriptors: () => undefined,
	}
	return Promise.all(
		Object.entries(config.upstreams).map(([name, upstream]) =>
			checkOne({ name, upstream, names: requestedNames(name, config) }, context, timeoutMs),
		),
	)
}

/**
 * The model names in requests to this upstream: its `model`, else the public names of the models that are routed to it.
 */
function requestedNames(name: string, { models, upstreams }: ConfigFile): readonly string[] {
	const own = upstreams[name]?.model
	if (own !== undefined) return own.includes('{') ? [] : [own]
	return Object.entries(models)
		.filter(([, model]) => routedUpstreams(model).includes(name))
		.map(([publicName]) => publicName)
		.filter((publicName) => !isModelPattern(publicName))
}

interface UpstreamCheck {
	readonly name: string
	readonly upstream: UpstreamConfig
	/** The model names that the upstream must list. */
	readonly names: readonly string[]
}

async function checkOne(
	{ name, upstream, names }: UpstreamCheck,
	context: Omit<EngineContext, 'name' | 'model' | 'builtIn'>,
	timeoutMs: number,
): Promise<UpstreamReport> {
	const { engine: kind, model, builtIn, concurrency: _c, breaker: _b, health: _h, models: _m, ...options } = upstream
	const known = engineKinds[kind]
	const unchecked = {
		name,
		line: `upstreams.${name}: not checked: the engine ${kind} does not list models`,
		outcome: 'unchecked',
	} as const
	if (known === undefined || known.ownsProcess) return unchecked
	let engine: Engine | undefined
	try {
		engine = await known.open(options, { ...context, name, model, builtIn: builtIn === true })
		if (engine.models === undefined) return unchecked
		const listed = await engine.models(AbortSignal.timeout(timeoutMs))
		return compare(
			name,
			names,
			listed.map(({ id }) => id),
		)
	} catch (thrown) {
		const line = `upstreams.${name}: ${explain(thrown, timeoutMs)}`
		return { name, line, outcome: 'failed', fault: faultOf(thrown) }
	} finally {
		await engine?.close()
	}
}

function compare(name: string, names: readonly string[], listed: readonly string[]): UpstreamReport {
	const missing = names.filter((model) => !listed.some((one) => sameModel(one, model)))
	const [first] = missing
	if (names.length === 0)
		return { name, line: `upstreams.${name}: reachable, lists ${listed.length} models`, outcome: 'reachable' }
	if (first === undefined)
		return { name, line: `upstreams.${name}: reachable, has ${names.join(', ')}`, outcome: 'reachable' }
	const meant = nearest(first, listed)
	const hint =
		meant !== undefined
			? ` (did you mean "${meant}"?)`
			: listed.length === 0
				? ': it lists no models'
				: `: it has ${listed.slice(0, maxShown).join(', ')}${listed.length > maxShown ? ` and ${listed.length - maxShown} more` : ''}`
	const line = `upstreams.${name}: reachable, but has no model "${first}"${hint}`
	return { name, line, outcome: 'failed', fault: 'model' }
}

const maxShown = 8

/** Ollama lists `llama3.1:latest` and accepts `llama3.1`; Gemini accepts names with and without `models/`. */
function sameModel(listed: string, model: string): boolean {
	return listed === model || listed === `${model}:latest` || `models/${listed}` === model
}

function faultOf(thrown: unknown): UpstreamFault {
	if (!(thrown instanceof ChatError)) return 'connection'
	if (thrown.code === refusedKeyCode) return 'key'
	const { cause } = thrown
	return cause instanceof HttpFailure && (cause.reason === 'proxy' || cause.reason === 'proxy-refused')
		? 'proxy'
		: 'connection'
}

/** On one line, without any content of the request. */
function explain(thrown: unknown, timeoutMs: number): string {
	if (thrown instanceof ChatError) {
		if (thrown.kind === 'cancelled') return `no response within ${timeoutMs / 1000} seconds`
		const detail = describeCause(thrown.cause)
		return `${thrown.message}${detail === '' ? '' : ` (${detail})`}`.replace(/\s+/g, ' ')
	}
	return (thrown instanceof Error ? thrown.message : String(thrown)).replace(/\s+/g, ' ')
}

/** A failed connection has the system's reason or that of TLS as its cause, which contains host names only. */
function describeCause(cause: unknown): string {
	if (!(cause instanceof Error)) return ''
	if (!(cause instanceof HttpFailure) || !(cause.cause instanceof Error)) return cause.message
	const reason = isRefused(cause.cause) ? 'the connection was refused' : cause.cause.message
	if (reason === '') return cause.message
	return cause.reason === 'unreachable' ? reason : `${cause.message}: ${reason}`
}

/** Bun reports a refused connection as one that failed. */
function isRefused(error: Error): boolean {
	return Reflect.get(error, 'code') === 'ECONNREFUSED'
}
