// The startup sequence of the embedded engine, from an empty data folder to a ready model. The library and the weights
// are installed while the server already listens. Failed steps are retried until they succeed. It does not know the
// configuration's schema.

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { publicText } from '../../system/public-text.ts'
import { hideCredentials } from '../../system/redaction.ts'
import { catalogue, defaultModelId, toyModelId } from '../../weights/catalogue.ts'
import { type FetchProgress, Weights } from '../../weights/weights.ts'
import type { Engine } from '../engine.ts'
import type { EngineCheckContext, EngineContext } from '../kind.ts'
import { engineEnvironment } from './child-environment.ts'
import { engineInstalled } from './install/engine-folder.ts'
import { installEngine } from './install/install-engine.ts'
import { Llama } from './llama.ts'
import { chooseModel, type ModelChoice } from './model-choice.ts'
import { OperatorError, operatorReason } from './operator-error.ts'
import type { EmbeddedModelOptions } from './options.ts'
import { Persistence } from './persistence.ts'
import { usualMemoryBytes } from './start-watch.ts'

/** Why the model of an upstream cannot be served on this machine, in one sentence. */
export async function findMissingModel(context: EngineCheckContext): Promise<string | undefined> {
	const choice = await choose(context, openWeights(context))
	return choice.type === 'missing' ? operatorReason(choice.error) : undefined
}

/** Opens the engine without waiting for its model. */
export async function openLlama(given: EmbeddedModelOptions, context: EngineContext): Promise<Engine> {
	const engine = new Llama({ note: 'the embedded engine is starting' })
	void start(engine, given, context, engine.closing).catch((cause: unknown) => {
		if (engine.closing.aborted) return
		context.log.error({ reason: operatorReason(cause) }, 'the embedded model failed to start')
		engine.setPhase({ status: 'failed', note: publicText(messageOf(cause)) })
	})
	return engine
}

async function start(
	engine: Llama,
	given: EmbeddedModelOptions,
	context: EngineContext,
	signal: AbortSignal,
): Promise<void> {
	const { builtIn, log } = context
	const weights = openWeights(context)
	const first = await choose(context, weights)
	const toy = builtIn && first.type !== 'here' ? await weights.find(toyModelId) : undefined
	if (toy !== undefined) {
		const socketFolder = await prepare(engine, context, signal)
		const coming = first.type === 'fetchable' ? 'the model is being fetched' : undefined
		const model = { path: toy.path, name: toyModelId, note: noteOfSubstitute(context, coming) }
		log.warn(model.note)
		await serve(engine, model, given, { ...context, socketFolder })
	}
	const model = first.type === 'here' ? first : await fetchModel({ engine, context, weights, signal })
	engine.setPhase({ status: 'starting', note: 'the embedded engine is starting' })
	const socketFolder = await prepare(engine, context, signal)
	await serve(engine, model, given, { ...context, socketFolder })
	if (first.type !== 'here')
		log.info({ model: hideCredentials(nameOf(context)) }, 'the model is ready and serves requests')
}

function nameOf({ model = defaultModelId }: Pick<EngineContext, 'model'>): string {
	return model
}

function choose(context: EngineCheckContext, weights: Weights): Promise<ModelChoice> {
	const { configFolder: folder, modelFolder, download } = context
	return chooseModel(nameOf(context), { weights, modelFolder, folder, download })
}

function openWeights({ modelFolder, registries, clock }: EngineCheckContext): Weights {
	const packagedFolder = join(import.meta.dir, '..', '..', '..', 'models')
	return new Weights({ folder: modelFolder, packagedFolder, catalogue, registries, clock })
}

interface ModelFetch {
	readonly engine: Llama
	readonly context: EngineContext
	readonly weights: Weights
	readonly signal: AbortSignal
}

/** Resolves once the model is present: fetched, or added by the operator. */
function fetchModel(fetching: ModelFetch): Promise<Extract<ModelChoice, { type: 'here' }>> {
	const { engine, context, weights, signal } = fetching
	const { clock, log } = context
	const model = nameOf(context)
	const persistence = new Persistence({
		clock,
		signal,
		appeared: async () => (await choose(context, weights)).type === 'here',
		failed(thrown, repeated) {
			if (!repeated)
				log.error(
					{ model: hideCredentials(model), reason: operatorReason(thrown) },
					'the embedded model is not available yet; retrying until it is',
				)
			const note = publicText(messageOf(thrown))
			const why = thrown instanceof OperatorError ? undefined : note
			engine.setPhase({ status: 'failed', note, substituteNote: noteOfSubstitute(context, why) })
		},
	})
	return persistence.insist(async () => {
		const choice = await choose(context, weights)
		if (choice.type === 'missing') throw choice.error
		if (choice.type === 'here') return choice
		return { type: 'here', path: await pull(choice.pull, fetching), name: model }
	})
}

/** @returns the path of the weights. @throws WeightsError if no source has them. */
async function pull(source: string, { engine, context, weights, signal }: ModelFetch): Promise<string> {
	const progress = context.showProgress()
	const report = (state?: FetchProgress) => {
		const note = `the model is being fetched${state === undefined ? '' : `: ${describeProgress(state)}`}`
		engine.setPhase({ status: 'fetching', note, substituteNote: noteOfSubstitute(context, note) })
	}
	report()
	try {
		const { path } = await weights.pull(source, {
			signal,
			onProgress(state) {
				progress.update(state)
				report(state)
			},
		})
		return path
	} finally {
		progress.end()
	}
}

function describeProgress({ receivedBytes, totalBytes }: FetchProgress): string {
	const megabytes = (bytes: number) => Math.round(bytes / 1_000_000)
	return totalBytes === undefined
		? `${megabytes(receivedBytes)} MB so far`
		: `${megabytes(receivedBytes)} of ${megabytes(totalBytes)} MB`
}

/** The note while the toy model serves the built-in default. */
function noteOfSubstitute(context: EngineContext, why?: string): string {
	const model = nameOf(context)
	return `'${model}' is not available yet: ${toyModelId}, a toy model whose answers are not meaningful, serves requests instead${
		why === undefined ? `. Fetch the model with: npx --no-install dragoman models pull ${model}` : ` (${why})`
	}`
}

/** Ensures that the library and a folder for sockets exist. @returns that folder. */
function prepare(engine: Llama, context: EngineContext, signal: AbortSignal): Promise<string> {
	const { clock, log, engineFolder, socketFolder } = context
	const persistence = new Persistence({
		clock,
		signal,
		appeared: async () => (await engineInstalled(engineFolder)) !== undefined,
		failed(thrown, repeated) {
			if (!repeated) log.error({ reason: operatorReason(thrown) }, 'the embedded engine failed to start; retrying')
			engine.setPhase({ status: 'failed', note: publicText(messageOf(thrown)) })
		},
	})
	return persistence.insist(async () => {
		await ensureLibrary(engine, context, signal)
		return socketFolder()
	})
}

async function ensureLibrary(
	engine: Llama,
	{ engineFolder, download, environment, clock, log }: EngineContext,
	signal: AbortSignal,
): Promise<void> {
	if ((await engineInstalled(engineFolder)) !== undefined) return
	if (!download)
		throw new OperatorError(
			`the engine library is not in ${engineFolder}, and downloads are disabled (download: false)`,
			`install it with: npx --no-install dragoman engine install --folder ${engineFolder}`,
		)
	engine.setPhase({ status: 'starting', note: 'the engine library is being installed' })
	log.info('installing the engine library, about 85 MB, once')
	await installEngine(engineFolder, {
		build: 'cpu',
		platform: process,
		environment,
		clock,
		signal,
		onLine: (line) => log.debug({ line }, 'npm'),
	})
}

function messageOf(thrown: unknown): string {
	return thrown instanceof Error ? thrown.message : String(thrown)
}

interface ModelToServe {
	readonly path: string
	readonly name: string
	/** Set for a model that serves requests instead of the configured one: the note about it. */
	readonly note?: string
}

function serve(
	engine: Llama,
	{ path, name, note }: ModelToServe,
	given: EmbeddedModelOptions,
	context: Omit<EngineContext, 'socketFolder'> & { readonly socketFolder: string },
): Promise<void> {
	const flags: Readonly<Record<string, string | number | undefined>> = {
		model: path,
		name,
		context: given.contextTokens,
		'max-tokens': given.maxTokens,
		repetition: given.repetition,
		parallel: given.parallel,
		queue: given.queue,
		threads: given.threads,
		gpu: given.gpu,
	}
	const args = Object.entries(flags).flatMap(([flag, value]) =>
		value === undefined ? [] : [`--${flag}`, String(value)],
	)
	const { command, socketFolder, environment, clock, log, engineFolder, name: upstream, outOfDescriptors } = context
	const defaults = catalogue.find(({ id }) => id === name)?.defaults
	return engine.replace({
		defaults,
		substituteNote: note,
		command: [...command, 'engine', '--library', engineFolder, ...args],
		socket: join(socketFolder, socketName(upstream)),
		environment: engineEnvironment(environment),
		startBounds: { timeoutMs: given.startTimeoutMs, memoryBytes: given.startMemory ?? usualMemoryBytes() },
		clock,
		log,
		outOfDescriptors,
	})
}

/**
 * One per process: while an upstream is replaced, the previous process still serves requests, and it recreates its
 * socket if that is removed.
 */
function socketName(upstream: string): string {
	return `${upstream.replace(/[^\w-]/g, '_').slice(0, 20)}-${randomBytes(6).toString('hex')}.sock`
}
