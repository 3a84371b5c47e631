// The embedded engine: a GGUF file loaded into this process and served through the interface of every engine. It should
// run in a process of its own, because a corrupt file may crash the process. It does not know HTTP, sockets or its
// supervisor.

import { asChatError, ChatError } from '../../chat/error.ts'
import type { ChatRequest } from '../../chat/request.ts'
import { type EngineAnswer, streamFrom } from '../../engines/answer.ts'
import type { Engine, EngineCall, EngineState, Operation } from '../../engines/engine.ts'
import { ggufFault, readGgufHead } from '../../engines/llama/gguf-head.ts'
import type { EmbeddingRequest, Embeddings } from '../../operations/embeddings.ts'
import type { TextCompletionRequest } from '../../operations/text-completions.ts'
import type { DetokenizeRequest, TokenizeRequest, Tokens } from '../../operations/tokenization.ts'
import type { Log } from '../../system/log.ts'
import type { LlamaModel, LlamaRuntime } from './binding.ts'
import { ChatRunner } from './chat-runner.ts'
import { CompletionRunner } from './completion-runner.ts'
import { Embedder } from './embedder.ts'
import { fingerprintOf } from './fingerprint.ts'
import { type Generation, openGeneration } from './generation.ts'
import { libraryVersion, openLibrary } from './library.ts'
import { readModelFile } from './model-file.ts'
import { ChatTemplate } from './template.ts'
import { tryTemplate } from './template-trial.ts'
import { Vocabulary } from './vocabulary.ts'

export interface LocalLlamaOptions {
	/** Absolute; its `node_modules` contains node-llama-cpp. */
	readonly libraryFolder: string
	/** Absolute; a GGUF file. */
	readonly modelPath: string
	/** For error messages and the log. */
	readonly modelName: string
	/**
	 * Maximum length of prompt and answer together; at most the context that the model was trained for. Default: 8,192.
	 */
	readonly contextTokens?: number
	/** Maximum number of answers generated concurrently, 4 by default. Each reserves memory for `contextTokens`. */
	readonly parallel?: number
	/** Maximum number of queued requests; 64 by default. */
	readonly queueLimit?: number
	/** Maximum answer length for requests that set none; 512 by default. */
	readonly maxTokens?: number
	/** Whether an answer in a repetition loop is stopped; `stop` by default. */
	readonly repetition?: 'stop' | 'off'
	/** `auto` by default. */
	readonly gpu?: 'auto' | 'cuda' | 'vulkan' | 'metal' | false
	/** CPU threads; all cores by default. */
	readonly threads?: number
	readonly log: Log
}

/** Smaller models run fastest on one thread: starting others costs more than they save. */
const smallModelBytes = 50_000_000
const defaultContextTokens = 8192
/** Longer than most answers; a small model that does not stop by itself is stopped within seconds. */
export const defaultMaxTokens = 512
/** Maximum input length of an embedding: the whole input is evaluated in one step, which needs memory. */
const embeddingTokens = 2048

/**
 * Opens a model; resolves when it is ready.
 *
 * @throws Error with a readable message if the library is missing, the file is not a model, or memory is insufficient.
 */
export async function openLocalLlama(options: LocalLlamaOptions): Promise<Engine> {
	const fault = ggufFault(await readGgufHead(options.modelPath), options.modelPath)
	if (fault !== undefined) throw new Error(fault)
	const llama = await openLibrary({ folder: options.libraryFolder, gpu: options.gpu ?? 'auto', log: options.log })
	try {
		return await openModel(llama, options)
	} catch (thrown) {
		await llama.dispose()
		throw thrown
	}
}

async function openModel(llama: LlamaRuntime, options: LocalLlamaOptions): Promise<Engine> {
	const model = await llama.loadModel({ modelPath: options.modelPath }).catch((cause: unknown) => {
		throw new Error(
			`The model file ${options.modelPath} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
			{ cause },
		)
	})
	const file = readModelFile(model.fileInfo.metadata)
	const vocabulary = new Vocabulary(model, file)
	const threads = options.threads ?? (model.size < smallModelBytes ? 1 : llama.cpuMathCores)
	const contextTokens = Math.min(options.contextTokens ?? defaultContextTokens, model.trainContextSize)
	const embeddedTokens = Math.min(contextTokens, embeddingTokens)
	const { parallel = 4, queueLimit = 64 } = options
	const embedder = new Embedder({ model, vocabulary, contextTokens: embeddedTokens, threads, queueLimit })
	const parts = { options, llama, model, vocabulary, embedder }
	if (file.onlyEmbeds)
		return new LocalLlama({ ...parts, operations: ['embed', 'tokenize'], contextTokens: embeddedTokens })

	const generation = await openGeneration(llama, model, { parallel, threads, contextTokens, queueLimit })
	const { contextSize } = generation.context
	const runner = {
		addon: llama._bindings,
		model,
		vocabulary,
		scheduler: generation.scheduler,
		contextTokens: contextSize,
		fingerprint: await fingerprintOf(options.modelPath, await libraryVersion(options.libraryFolder)),
		maxTokens: options.maxTokens ?? defaultMaxTokens,
		stopsRepetition: options.repetition !== 'off',
		modelName: options.modelName,
		log: options.log,
	}
	const template = await readTemplate(file.chatTemplate, model, vocabulary, options.log)
	options.log.info(
		{
			model: options.modelName,
			contextTokens: contextSize,
			parallel: generation.slots.length,
			gpu: llama.gpu,
			threads,
		},
		'The model is loaded.',
	)
	return new LocalLlama({
		...parts,
		operations: [template === undefined ? 'complete' : 'chat', 'embed', 'tokenize'],
		contextTokens: contextSize,
		generation,
		completions: template === undefined ? new CompletionRunner(runner) : undefined,
		chats: template === undefined ? undefined : new ChatRunner({ ...runner, template }),
	})
}

/** A model with an unreadable or endless template still supports text completions. */
async function readTemplate(
	source: string | undefined,
	model: LlamaModel,
	vocabulary: Vocabulary,
	log: Log,
): Promise<ChatTemplate | undefined> {
	if (source === undefined) return undefined
	try {
		const { bosString, eosString } = model.tokens
		const constants = { bos_token: bosString ?? '', eos_token: eosString ?? '' }
		const endTexts = vocabulary.endTexts()
		await tryTemplate({ source, constants, endTexts })
		return new ChatTemplate(source, constants, endTexts)
	} catch (err) {
		log.warn({ err }, "The model's chat template is invalid: only text completions are available.")
		return undefined
	}
}

interface LoadedModel {
	readonly options: LocalLlamaOptions
	readonly llama: LlamaRuntime
	readonly model: LlamaModel
}

interface LocalLlamaParts extends LoadedModel {
	readonly vocabulary: Vocabulary
	readonly embedder: Embedder
	readonly operations: readonly Operation[]
	readonly contextTokens: number
	readonly generation?: Generation
	readonly chats?: ChatRunner
	readonly completions?: CompletionRunner
}

class LocalLlama implements Engine {
	private readonly parts: LocalLlamaParts
	private closing: Promise<void> | undefined

	constructor(parts: LocalLlamaParts) {
		this.parts = parts
	}

	state(): EngineState {
		const { operations, contextTokens } = this.parts
		if (this.closing !== undefined) return { status: 'failed', operations: [], note: 'The engine is closed.' }
		return { status: 'ready', operations, contextTokens }
	}

	async chat(request: ChatRequest, call: EngineCall): Promise<EngineAnswer> {
		this.refuseClosed()
		const { chats } = this.parts
		if (chats === undefined) throw this.unsupportedOperation('chat')
		const events = await chats.run(request, call).catch((thrown: unknown) => this.explain(thrown))
		return streamFrom(events[Symbol.asyncIterator]())
	}

	async count(request: ChatRequest, call: EngineCall): Promise<number> {
		this.refuseClosed()
		const { chats } = this.parts
		if (chats === undefined) throw this.unsupportedOperation('chat')
		return chats.count(request, call.signal)
	}

	async complete(request: TextCompletionRequest, call: EngineCall): Promise<EngineAnswer> {
		this.refuseClosed()
		const { completions } = this.parts
		if (completions === undefined) throw this.unsupportedOperation('complete')
		return streamFrom(completions.run(request, call)[Symbol.asyncIterator]())
	}

	async embed(request: EmbeddingRequest, call: EngineCall): Promise<Embeddings> {
		this.refuseClosed()
		return this.parts.embedder.embed(request, call.signal)
	}

	async tokenize({ text, special }: TokenizeRequest): Promise<Tokens> {
		this.refuseClosed()
		const { vocabulary } = this.parts
		const ids = special ? vocabulary.framed(vocabulary.tokenize(text)) : vocabulary.tokenize(text)
		return { ids, texts: ids.map((id) => vocabulary.spelling(id)) }
	}

	async detokenize({ ids }: DetokenizeRequest): Promise<string> {
		this.refuseClosed()
		const { vocabulary } = this.parts
		const unknown = ids.find((id) => !vocabulary.has(id))
		if (unknown !== undefined)
			throw new ChatError('invalid-request', `The model has no token ${unknown}.`, { param: 'tokens' })
		return Buffer.concat(ids.map((id) => vocabulary.bytesOf(id))).toString()
	}

	close(): Promise<void> {
		this.closing ??= this.end()
		return this.closing
	}

	private async end(): Promise<void> {
		const { generation, embedder, llama } = this.parts
		await generation?.scheduler.close()
		await embedder.close()
		for (const slot of generation?.slots ?? []) slot.samplers.dispose()
		await generation?.context.dispose()
		await llama.dispose()
	}

	private refuseClosed(): void {
		if (this.closing !== undefined) throw new ChatError('unavailable', 'The engine is closed.')
	}

	/** Maps an error thrown while a request was prepared, which closing may have interrupted. */
	private explain(thrown: unknown): never {
		this.refuseClosed()
		throw asChatError(thrown)
	}

	private unsupportedOperation(requested: Operation): ChatError {
		const can = this.parts.operations.map((operation) => words[operation]).join(' and ')
		return new ChatError(
			'wrong-operation',
			`The model '${this.parts.options.modelName}' does not support ${words[requested]}; it supports ${can}.`,
		)
	}
}

const words: Readonly<Record<Operation, string>> = {
	chat: 'chat completions',
	complete: 'text completions',
	embed: 'embeddings',
	rerank: 'reranking',
	transcribe: 'transcription',
	tokenize: 'tokenization',
}
