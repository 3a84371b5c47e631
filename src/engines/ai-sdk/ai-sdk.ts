// The engine for provider packages of the AI SDK, called through the SDK's provider specification, for providers
// without an engine of their own. It contains no code for specific providers and does not retry.

import { randomBytes } from 'node:crypto'
import { asChatError, ChatError, descriptorsCode, refusedKeyCode } from '../../chat/error.ts'
import type { ChatEvent } from '../../chat/event.ts'
import { summarize } from '../../chat/quoting-error.ts'
import type { ChatRequest } from '../../chat/request.ts'
import { type EmbeddingRequest, type Embeddings, textOnly } from '../../operations/embeddings.ts'
import type { Ranking, RerankRequest } from '../../operations/reranking.ts'
import type { TextCompletionRequest } from '../../operations/text-completions.ts'
import type { Clock } from '../../system/clock.ts'
import { textField } from '../../wire/json/fields.ts'
import { answerFrom, type EngineAnswer } from '../answer.ts'
import type { Engine, EngineCall, Operation } from '../engine.ts'
import { type RunningCall, RunningCalls } from '../running-calls.ts'
import { signatureOrigin } from '../upstream/signature-origin.ts'
import { readRanking, readVectors } from './answer-readers.ts'
import { writeCall } from './call-writer.ts'
import { readFailure, readStreamFailure } from './failure.ts'
import { PartReader, partsOf } from './part-reader.ts'
import { type ResponseTimeouts, readWithin, within } from './response-timeouts.ts'
import {
	type CallContext,
	type EmbeddingModel,
	isLanguageModel,
	type LanguageModel,
	type ModelCallOptions,
	type Provider,
	type ProviderOptions,
	versionOf,
} from './specification.ts'

export interface AiSdkOptions {
	readonly provider: Provider
	/** The service that the signatures of answers belong to. */
	readonly service: string
	/** Method of the provider that returns chat models. Default: `languageModel`. */
	readonly method?: string
	/** Set on every call. */
	readonly providerOptions?: ProviderOptions
	/** Name of the provider to pass unknown fields of requests to. Without it, they are dropped. */
	readonly passthrough?: string
	/** A model to create when the engine is opened, so that an unsupported model is reported early. */
	readonly model?: string
	readonly timeouts: ResponseTimeouts
	readonly clock: Clock
	/** Redacts secrets in messages of the package. */
	readonly redact: (text: string) => string
	/** Called for problems that only the operator can fix. */
	readonly alarm?: (message: string) => void
	/** Called when a request could not be sent because this process has no file descriptor left. */
	readonly outOfDescriptors?: () => void
}

const title = 'The upstream'

/** @throws Error if the provider cannot create the model, or implements an unknown version of the specification. */
export function openAiSdk(options: AiSdkOptions): Engine {
	return new AiSdk(options)
}

class AiSdk implements Engine {
	readonly rerank?: NonNullable<Engine['rerank']>
	private readonly service: string
	private readonly options: AiSdkOptions
	private readonly operations: readonly Operation[]
	private readonly running = new RunningCalls()

	constructor(options: AiSdkOptions) {
		this.options = options
		const { provider, model } = options
		if (model !== undefined) versionOf(this.languageModel(model))
		this.service = options.service
		const embeds = offers(model, (id) => this.embeddingModel(id))
		const reranks = provider.rerankingModel !== undefined
		if (reranks) this.rerank = (request, call) => this.order(request, call)
		this.operations = ['chat', ...(embeds ? ['embed' as const] : []), ...(reranks ? ['rerank' as const] : [])]
	}

	state() {
		return { status: 'ready', operations: this.operations } as const
	}

	async chat(request: ChatRequest, call: EngineCall): Promise<EngineAnswer> {
		const running = this.running.begin(call.signal)
		return answerFrom(this.answer(request, call, running))
	}

	complete(_request: TextCompletionRequest, _call: EngineCall): Promise<EngineAnswer> {
		return Promise.reject(new ChatError('wrong-operation', 'This model only supports chat completions.'))
	}

	async embed(request: EmbeddingRequest, call: EngineCall): Promise<Embeddings> {
		if (request.user !== undefined) call.drop?.('user')
		const values = request.inputs.map(textOnly)
		return this.unary(call, async (context, running) => {
			const model = this.embeddingModel(call.model)
			const most = (await model.maxEmbeddingsPerCall) ?? values.length
			const vectors: Float32Array[] = []
			let promptTokens = 0
			for (let start = 0; start < values.length; start += most) {
				const batch = values.slice(start, start + most)
				const options = { values: batch, ...context, ...this.writeDimensions(request.dimensions, model) }
				const answer = readVectors(
					await this.wait(model.doEmbed(options), running),
					batch.length,
					request.dimensions,
					title,
				)
				vectors.push(...answer.vectors)
				promptTokens += answer.promptTokens
			}
			return { vectors, usage: inputUsage(promptTokens) }
		})
	}

	async close(): Promise<void> {
		this.running.close()
	}

	private order({ query, documents, top }: RerankRequest, call: EngineCall): Promise<Ranking> {
		return this.unary(call, async (context, running) => {
			const model = this.options.provider.rerankingModel?.(call.model)
			if (model === undefined) throw new ChatError('wrong-operation', 'This model does not support reranking.')
			const options = {
				query,
				documents: { type: 'text', values: documents } as const,
				topN: top,
				...context,
			}
			const results = readRanking(await this.wait(model.doRerank(options), running), documents.length, title)
			return { results: results.slice(0, top), usage: inputUsage(0) }
		})
	}

	private async *answer(request: ChatRequest, call: EngineCall, running: RunningCall): AsyncGenerator<ChatEvent> {
		const { signal } = running
		const reader = this.openReader(request, call)
		try {
			for await (const part of this.parts(request, call, running)) {
				for (const event of reader.read(part)) {
					if (signal.aborted) return yield* reader.fail(asChatError(signal.reason))
					yield event
				}
				if (reader.ended) return
			}
			yield* signal.aborted ? reader.fail(asChatError(signal.reason)) : reader.end()
		} catch (thrown) {
			yield* reader.fail(this.explain(thrown, running))
		} finally {
			// The consumer returned early: abort the call.
			if (!reader.ended) running.abort(new ChatError('cancelled', 'The request was cancelled.', { sent: 'yes' }))
			running.end()
		}
	}

	private openReader(request: ChatRequest, call: EngineCall): PartReader {
		return new PartReader({
			model: call.model,
			title,
			stop: request.stop,
			namedTool: request.toolChoice.type === 'named',
			oneCall: !request.parallelToolCalls,
			newCallId: () => `call_${randomBytes(12).toString('hex')}`,
			origin: this.originOf(call.model),
			drop: (part) => call.drop?.(part),
			explain: (error) => this.alarmed(readStreamFailure(error, this.failures())),
		})
	}

	private async *parts(request: ChatRequest, call: EngineCall, running: RunningCall): AsyncGenerator<unknown> {
		const model = this.languageModel(call.model)
		const options = await this.writeOptions(request, call, model, running)
		if (call.unary === true) {
			yield* partsOf(await this.wait(model.doGenerate(options), running))
			return
		}
		const { clock, timeouts } = this.options
		const deadlineMs = clock.monotonicMs() + timeouts.totalMs
		const { stream } = await this.wait(model.doStream(options), running)
		yield* readWithin(stream, deadlineMs, timeouts, running, clock)
	}

	private async writeOptions(
		request: ChatRequest,
		call: EngineCall,
		model: LanguageModel,
		running: RunningCall,
	): Promise<ModelCallOptions> {
		const { providerOptions = {}, passthrough } = this.options
		const form = {
			version: versionOf(model),
			supportedUrls: (await model.supportedUrls) ?? {},
			providerOptions,
			passthrough,
			origin: this.originOf(call.model),
		}
		return { ...requestContext(call, running), ...writeCall(request, form, (part) => call.drop?.(part)) }
	}

	/** Runs a unary call. */
	private async unary<Result>(
		call: EngineCall,
		run: (context: CallContext, running: RunningCall) => Promise<Result>,
	): Promise<Result> {
		const running = this.running.begin(call.signal)
		const { providerOptions } = this.options
		const context = {
			...requestContext(call, running),
			providerOptions,
		}
		try {
			return await run(context, running)
		} catch (thrown) {
			throw this.explain(thrown, running)
		} finally {
			running.end()
		}
	}

	private wait<Value>(work: PromiseLike<Value>, running: RunningCall): Promise<Value> {
		const { clock, timeouts } = this.options
		return within(work, timeouts.firstByteMs, running, clock)
	}

	private explain(thrown: unknown, { signal }: RunningCall): ChatError {
		if (signal.aborted) return asChatError(signal.reason)
		return this.alarmed(readFailure(thrown, this.failures()))
	}

	private failures() {
		return { title, trusted: false, redact: this.options.redact, nowMs: this.options.clock.now() }
	}

	private alarmed(error: ChatError): ChatError {
		if (error.code === refusedKeyCode)
			this.options.alarm?.(`the upstream rejected its configuration: ${summarize(error.cause)}`)
		if (error.code === descriptorsCode) this.options.outOfDescriptors?.()
		return error
	}

	private languageModel(id: string): LanguageModel {
		const { provider, method = 'languageModel' } = this.options
		const make: unknown = Reflect.get(provider, method)
		if (typeof make !== 'function') throw new Error(`the provider has no method '${method}'`)
		const model: unknown = make.call(provider, id)
		if (isLanguageModel(model)) return model
		throw new Error(`the method '${method}' of the provider does not return a language model`)
	}

	originOf(model: string): string {
		return signatureOrigin(this.service, model)
	}

	/** Packages without embedding models throw. @throws ChatError `wrong-operation` */
	private embeddingModel(id: string): EmbeddingModel {
		const { provider } = this.options
		try {
			const model = provider.embeddingModel?.(id) ?? provider.textEmbeddingModel?.(id)
			if (model !== undefined) return model
		} catch (thrown) {
			if (textField(thrown, 'name') !== 'AI_NoSuchModelError') throw thrown
		}
		throw new ChatError('wrong-operation', 'This model does not support embeddings.')
	}

	/** Before the newest version, the number of dimensions was a provider-specific option. */
	private writeDimensions(dimensions: number | undefined, { specificationVersion }: EmbeddingModel) {
		const { providerOptions = {}, passthrough } = this.options
		if (dimensions === undefined) return {}
		if (specificationVersion === 'v4') return { dimensions }
		if (passthrough === undefined)
			throw new ChatError('unsupported', "This upstream does not support the 'dimensions' parameter.", {
				param: 'dimensions',
			})
		return { providerOptions: { ...providerOptions, [passthrough]: { ...providerOptions[passthrough], dimensions } } }
	}
}

function requestContext(call: EngineCall, { signal }: RunningCall): CallContext {
	return { abortSignal: signal, headers: { 'x-request-id': call.requestId, ...call.headers } }
}

/** Whether `make` can create the model. True if no model is configured. */
function offers(model: string | undefined, make: (id: string) => unknown): boolean {
	if (model === undefined) return true
	try {
		make(model)
		return true
	} catch {
		return false
	}
}

function inputUsage(promptTokens: number) {
	const source = promptTokens > 0 ? 'upstream' : 'counted'
	return { promptTokens, completionTokens: 0, cachedTokens: 0, reasoningTokens: 0, source } as const
}
