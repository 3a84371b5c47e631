// The embedded engine as the configuration sees it: its options, and the way from an empty data folder to a model that answers. The
// library is installed and the weights are fetched while the server listens already. What is missing is looked for again until it is there.

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { tokenCount } from '../../fields/amount.ts'
import { publicText } from '../../system/public-text.ts'
import { hideCredentials } from '../../system/redaction.ts'
import { catalogue, defaultModelId, toyModelId } from '../../weights/catalogue.ts'
import { type FetchProgress, Weights } from '../../weights/weights.ts'
import type { Engine } from '../engine.ts'
import { type EngineCheckSurroundings, type EngineSurroundings, engineKind } from '../kind.ts'
import { engineInstalled } from './install/engine-folder.ts'
import { installEngine } from './install/install-engine.ts'
import { Llama } from './llama.ts'
import { chooseModel, type ModelChoice } from './model-choice.ts'
import { OperatorError, operatorReason } from './operator-error.ts'
import { Persistence } from './persistence.ts'

const options = z.strictObject({
	contextTokens: tokenCount(64)
		.optional()
		.describe('Longest prompt and answer together, in tokens; at most what the model was trained on.'),
	maxTokens: z
		.int()
		.min(1)
		.optional()
		.describe('Longest answer to a request that has no limit of its own, in tokens; 512 if absent.'),
	repetition: z
		.enum(['stop', 'off'])
		.default('stop')
		.describe('Whether an answer that repeats itself ends, with the finish reason `length`.'),
	parallel: z.int().min(1).max(256).optional().describe('Answers generated at once.'),
	queue: z.int().min(1).max(10_000).optional().describe('Requests that may wait; more are answered with 503.'),
	threads: z.int().min(1).max(1024).optional().describe('Processor threads; all cores where absent.'),
	gpu: z.enum(['auto', 'cuda', 'vulkan', 'metal', 'off']).default('auto').describe('Which installed GPU build to use.'),
})

type Options = z.infer<typeof options>

export const llama = engineKind(options, open, { ownsProcess: true, check })

async function check(_: Options, surroundings: EngineCheckSurroundings): Promise<string | undefined> {
	const choice = await choose(surroundings, openWeights(surroundings))
	return choice.type === 'missing' ? operatorReason(choice.error) : undefined
}

async function open(given: Options, surroundings: EngineSurroundings): Promise<Engine> {
	const engine = new Llama({ note: 'the embedded engine is starting' })
	const ending = new AbortController()
	void start(engine, given, surroundings, ending.signal).catch((cause: unknown) => {
		if (ending.signal.aborted) return
		surroundings.log.error({ reason: operatorReason(cause) }, 'the embedded model cannot be served')
		engine.tell({ status: 'failed', note: publicText(messageOf(cause)) })
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
	const { builtIn, log } = surroundings
	const weights = openWeights(surroundings)
	const first = await choose(surroundings, weights)
	const toy = builtIn && first.type !== 'here' ? await weights.find(toyModelId) : undefined
	if (toy !== undefined) {
		const socketFolder = await prepare(engine, surroundings, signal)
		const coming = first.type === 'fetchable' ? 'the model is being fetched' : undefined
		const model = { path: toy.path, name: toyModelId, note: standInNote(surroundings, coming) }
		log.warn(model.note)
		await serve(engine, model, given, { ...surroundings, socketFolder })
	}
	const model = first.type === 'here' ? first : await fetchModel(engine, surroundings, weights, signal)
	engine.tell({ status: 'starting', note: 'the embedded engine is starting' })
	const socketFolder = await prepare(engine, surroundings, signal)
	await serve(engine, model, given, { ...surroundings, socketFolder })
	if (first.type !== 'here')
		log.info({ model: hideCredentials(nameOf(surroundings)) }, 'the model is here and answers from now on')
}

function nameOf({ model = defaultModelId }: Pick<EngineSurroundings, 'model'>): string {
	return model
}

function choose(surroundings: EngineCheckSurroundings, weights: Weights): Promise<ModelChoice> {
	const { configFolder: folder, modelFolder, download } = surroundings
	return chooseModel(nameOf(surroundings), { weights, modelFolder, folder, download })
}

function openWeights({ modelFolder, registries, clock }: EngineCheckSurroundings): Weights {
	const packagedFolder = join(import.meta.dir, '..', '..', '..', 'models')
	return new Weights({ folder: modelFolder, packagedFolder, catalogue, registries, clock })
}

/** The model as soon as it is here: fetched, or put there by the operator. */
function fetchModel(
	engine: Llama,
	surroundings: EngineSurroundings,
	weights: Weights,
	signal: AbortSignal,
): Promise<Extract<ModelChoice, { type: 'here' }>> {
	const { clock, log } = surroundings
	const model = nameOf(surroundings)
	const persistence = new Persistence({
		clock,
		signal,
		appeared: async () => (await choose(surroundings, weights)).type === 'here',
		failed(thrown, repeated) {
			if (!repeated)
				log.error(
					{ model: hideCredentials(model), reason: operatorReason(thrown) },
					'the embedded model cannot be served yet; it is looked for again until it can',
				)
			const note = publicText(messageOf(thrown))
			const why = thrown instanceof OperatorError ? undefined : note
			engine.tell({ status: 'failed', note, standIn: standInNote(surroundings, why) })
		},
	})
	return persistence.insist(async () => {
		const choice = await choose(surroundings, weights)
		if (choice.type === 'missing') throw choice.error
		if (choice.type === 'here') return choice
		return { type: 'here', path: await pull(engine, choice.pull, surroundings, weights, signal), name: model }
	})
}

/** @returns the path of the weights. @throws WeightsError if no source has them. */
async function pull(
	engine: Llama,
	wanted: string,
	surroundings: EngineSurroundings,
	weights: Weights,
	signal: AbortSignal,
): Promise<string> {
	const progress = surroundings.showProgress()
	const tell = (state?: FetchProgress) => {
		const note = `the model is being fetched${state === undefined ? '' : `: ${inWords(state)}`}`
		engine.tell({ status: 'fetching', note, standIn: standInNote(surroundings, note) })
	}
	tell()
	try {
		const { path } = await weights.pull(wanted, {
			signal,
			onProgress(state) {
				progress.update(state)
				tell(state)
			},
		})
		return path
	} finally {
		progress.end()
	}
}

function inWords({ receivedBytes, totalBytes }: FetchProgress): string {
	const megabytes = (bytes: number) => Math.round(bytes / 1_000_000)
	return totalBytes === undefined
		? `${megabytes(receivedBytes)} MB so far`
		: `${megabytes(receivedBytes)} of ${megabytes(totalBytes)} MB`
}

/** The note while the toy answers for the built-in default. */
function standInNote(surroundings: EngineSurroundings, why?: string): string {
	const model = nameOf(surroundings)
	return `'${model}' is not here yet: ${toyModelId}, a toy that knows nothing, answers in its place${
		why === undefined ? `. Fetch the model with: npx dragoman models pull ${model}` : ` (${why})`
	}`
}

/** Makes sure that the library and a folder for sockets are there. @returns that folder. */
function prepare(engine: Llama, surroundings: EngineSurroundings, signal: AbortSignal): Promise<string> {
	const { clock, log, engineFolder, socketFolder } = surroundings
	const persistence = new Persistence({
		clock,
		signal,
		appeared: async () => (await engineInstalled(engineFolder)) !== undefined,
		failed(thrown, repeated) {
			if (!repeated)
				log.error({ reason: operatorReason(thrown) }, 'the embedded engine cannot be started yet; it is tried again')
			engine.tell({ status: 'failed', note: publicText(messageOf(thrown)) })
		},
	})
	return persistence.insist(async () => {
		await ensureLibrary(engine, surroundings, signal)
		return socketFolder()
	})
}

async function ensureLibrary(
	engine: Llama,
	{ engineFolder, download, environment, clock, log }: EngineSurroundings,
	signal: AbortSignal,
): Promise<void> {
	if ((await engineInstalled(engineFolder)) !== undefined) return
	if (!download)
		throw new OperatorError(
			`the engine library is not in ${engineFolder}, and nothing may be fetched (download: false)`,
			`install it with: npx dragoman engine install --folder ${engineFolder}`,
		)
	engine.tell({ status: 'starting', note: 'the engine library is being installed' })
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

function messageOf(thrown: unknown): string {
	return thrown instanceof Error ? thrown.message : String(thrown)
}

interface ModelToServe {
	readonly path: string
	readonly name: string
	/** Set for a model that answers instead of the configured one: the note about it. */
	readonly note?: string
}

function serve(
	engine: Llama,
	{ path, name, note }: ModelToServe,
	given: Options,
	surroundings: Omit<EngineSurroundings, 'socketFolder'> & { readonly socketFolder: string },
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
		...(note === undefined ? {} : { standIn: note }),
		command: [...command, 'engine', '--library', engineFolder, ...args],
		socket: join(socketFolder, socketName(upstream)),
		environment,
		clock,
		log,
		outOfDescriptors,
	})
}

/** Its own for each process: when an upstream changes, the process before still answers, and it makes its socket again if that is removed. */
function socketName(upstream: string): string {
	return `${upstream.replace(/[^\w-]/g, '_').slice(0, 20)}-${randomBytes(6).toString('hex')}.sock`
}
