// The embedded engine as the configuration sees it: its options, and the way from an empty data folder to a model that answers. The
// library is installed and the weights are fetched behind a server that listens already; a toy answers until they are here.

import { join } from 'node:path'
import { z } from 'zod'
import { tokenCount } from '../../fields/amount.ts'
import { catalogue, defaultModelId, toyModelId } from '../../models/catalogue.ts'
import { Weights } from '../../models/weights.ts'
import type { Engine } from '../engine.ts'
import { type EngineSurroundings, engineKind } from '../kind.ts'
import { engineInstalled } from './install/engine-folder.ts'
import { installEngine } from './install/install-engine.ts'
import { Llama } from './llama.ts'

const options = z.strictObject({
	contextTokens: tokenCount(64)
		.optional()
		.describe('Longest prompt and answer together, in tokens; at most what the model was trained on.'),
	parallel: z.int().min(1).max(256).optional().describe('Answers generated at once.'),
	queue: z.int().min(1).max(10_000).optional().describe('Requests that may wait; more are answered with 503.'),
	threads: z.int().min(1).max(1024).optional().describe('Processor threads; all cores where absent.'),
	gpu: z.enum(['auto', 'cuda', 'vulkan', 'metal', 'off']).default('auto').describe('Which installed GPU build to use.'),
})

type Options = z.infer<typeof options>

export const llama = engineKind(options, open, { ownsProcess: true })

async function open(given: Options, surroundings: EngineSurroundings): Promise<Engine> {
	const engine = new Llama({ note: 'the embedded engine is starting' })
	const ending = new AbortController()
	void start(engine, given, surroundings, ending.signal).catch((cause: unknown) => {
		if (ending.signal.aborted) return
		const reason = cause instanceof Error ? cause.message : String(cause)
		surroundings.log.error({ reason }, 'the embedded model cannot be served')
		engine.tell(reason, true)
	})
	const close = engine.close.bind(engine)
	engine.close = () => {
		ending.abort()
		return close()
	}
	return engine
}

async function start(
	engine: Llama,
	given: Options,
	surroundings: EngineSurroundings,
	signal: AbortSignal,
): Promise<void> {
	const { log, model = defaultModelId } = surroundings
	const weights = openWeights(surroundings)
	const [present] = await Promise.all([findWeights(weights, model), ensureLibrary(engine, surroundings, signal)])
	if (present !== undefined) return serve(engine, { path: present, name: model, generation: 1 }, given, surroundings)
	const note = `'${model}' is not here yet: ${toyModelId}, a toy that knows nothing, answers in its place. Fetch the model with: npx dragoman models pull ${model}`
	const toy = await weights.find(toyModelId)
	if (toy !== undefined)
		await serve(engine, { path: toy.path, name: toyModelId, note, generation: 1 }, given, surroundings)
	log.warn(note)
	if (!surroundings.download) return
	const pulled = await pull(weights, model, surroundings, signal)
	if (pulled === undefined) return
	await serve(engine, { path: pulled, name: model, generation: 2 }, given, surroundings)
	log.info({ model }, 'the model has arrived and answers from now on')
}

function openWeights({ modelFolder, registries, clock }: EngineSurroundings): Weights {
	const packagedFolder = join(import.meta.dir, '..', '..', '..', 'models')
	return new Weights({ folder: modelFolder, packagedFolder, catalogue, registries, clock })
}

/** A file's path stands for itself. */
async function findWeights(weights: Weights, model: string): Promise<string | undefined> {
	if (model.startsWith('/') || model.startsWith('./')) return model
	return (await weights.find(model))?.path
}

async function ensureLibrary(
	engine: Llama,
	{ engineFolder, download, environment, clock, log }: EngineSurroundings,
	signal: AbortSignal,
): Promise<void> {
	if ((await engineInstalled(engineFolder)) !== undefined) return
	if (!download)
		throw new Error(
			`the engine library is not in ${engineFolder}, and nothing may be fetched (download: false). Install it with: npx dragoman engine install`,
		)
	engine.tell('the engine library is being installed')
	log.info('installing the engine library, about 85 MB, once')
	await installEngine(engineFolder, {
		build: 'cpu',
		machine: process,
		environment,
		clock,
		signal,
		onLine: (line) => log.debug({ line }, 'npm'),
	})
}

/** The path of the weights, or undefined where no source has them: then the toy goes on answering. */
async function pull(
	weights: Weights,
	model: string,
	{ log, showProgress }: EngineSurroundings,
	signal: AbortSignal,
): Promise<string | undefined> {
	const progress = showProgress()
	try {
		return (await weights.pull(model, { signal, onProgress: (state) => progress.update(state) })).path
	} catch (thrown) {
		if (signal.aborted) return undefined
		log.error(
			{ reason: thrown instanceof Error ? thrown.message : String(thrown) },
			`'${model}' could not be fetched; ${toyModelId}, a toy, goes on answering`,
		)
		return undefined
	} finally {
		progress.end()
	}
}

interface ModelToServe {
	readonly path: string
	readonly name: string
	readonly note?: string
	readonly generation: number
}

function serve(
	engine: Llama,
	{ path, name, note, generation }: ModelToServe,
	given: Options,
	surroundings: EngineSurroundings,
): Promise<void> {
	const flags: Readonly<Record<string, string | number | undefined>> = {
		model: path,
		name,
		note,
		context: given.contextTokens,
		parallel: given.parallel,
		queue: given.queue,
		threads: given.threads,
		gpu: given.gpu,
	}
	const args = Object.entries(flags).flatMap(([flag, value]) =>
		value === undefined ? [] : [`--${flag}`, String(value)],
	)
	const {
		command,
		socketFolder,
		environment,
		clock,
		log,
		engineFolder,
		name: upstream,
		outOfDescriptors,
	} = surroundings
	const advice = catalogue.find(({ id }) => id === name)?.advice
	return engine.replace({
		...(advice === undefined ? {} : { advice }),
		command: [...command, 'engine', '--library', engineFolder, ...args],
		socket: join(socketFolder, `${upstream.replace(/[^\w-]/g, '_').slice(0, 30)}-${generation}.sock`),
		environment,
		clock,
		log,
		outOfDescriptors,
	})
}
