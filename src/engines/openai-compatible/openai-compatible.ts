// The engine for servers of OpenAI's API, over TCP or a Unix socket. It sends requests and reads responses; the formats
// are defined in wire/openai. It does not route or retry.

import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { ChatRequest } from '../../chat/request.ts'
import { readBaseUrl } from '../../http/base-url.ts'
import type { EmbeddingRequest, Embeddings } from '../../operations/embeddings.ts'
import type { Ranking, RerankRequest } from '../../operations/reranking.ts'
import type { TextCompletionRequest } from '../../operations/text-completions.ts'
import type { DetokenizeRequest, TokenizeRequest, Tokens } from '../../operations/tokenization.ts'
import type { Transcription, TranscriptionRequest } from '../../operations/transcription.ts'
import { perform } from '../../system/occupancy.ts'
import { resumable } from '../../system/resumable.ts'
import type { Secret } from '../../system/secret.ts'
import { CustomCallsReader } from '../../wire/json/custom-calls-reader.ts'
import { customToolNames } from '../../wire/json/custom-tool-function.ts'
import { readModelList, type UpstreamModel } from '../../wire/json/model-list-reader.ts'
import { ChatChunkReader } from '../../wire/openai/chat-chunk-reader.ts'
import { type ChatRequestForm, chatRequestForm } from '../../wire/openai/chat-request-form.ts'
import { withStartUsage, writeChatRequest } from '../../wire/openai/chat-request-writer.ts'
import { readCompletion } from '../../wire/openai/completion-reader.ts'
import { readEmbeddings } from '../../wire/openai/embeddings-reader.ts'
import { writeEmbeddingsRequest } from '../../wire/openai/embeddings-request-writer.ts'
import { chatFormats, textCompletionFormats } from '../../wire/openai/formats.ts'
import { readPlainCompletion } from '../../wire/openai/plain-completion.ts'
import { TextCompletionChunkReader } from '../../wire/openai/text-completion-chunk-reader.ts'
import { writeTextCompletionRequest } from '../../wire/openai/text-completion-request-writer.ts'
import { readText, readTokens, writeTokenizeRequest } from '../../wire/openai/tokenization.ts'
import { readTranscription } from '../../wire/openai/transcription-reader.ts'
import { writeTranscriptionRequest } from '../../wire/openai/transcription-request-writer.ts'
import { readRanking } from '../../wire/reranking/ranking-reader.ts'
import { type RerankWords, writeRerankRequest } from '../../wire/reranking/rerank-request-writer.ts'
import type { EngineAnswer } from '../answer.ts'
import type { Engine, EngineCall, Operation } from '../engine.ts'
import { HttpUpstream } from '../upstream/http-upstream.ts'
import type { HttpUpstreamOptions } from '../upstream/http-upstream-options.ts'
import { signatureOrigin } from '../upstream/signature-origin.ts'

export interface OpenAICompatibleOptions extends Omit<HttpUpstreamOptions, 'wireHeaders' | 'secrets' | 'readError'> {
	/** API key of the server. */
	readonly key?: Secret
	/** Supported operations. Default: all. */
	readonly operations?: readonly Operation[]
	/** Whether the server counts prompts, at the path of our own servers, and streams one token per chunk. */
	readonly counts?: boolean
	/** What the server accepts. Defaults: `defaultChatRequestForm`. */
	readonly form?: Partial<ChatRequestForm>
	/** Name of the documents in rerank requests. Default: `documents`. */
	readonly rerankWords?: RerankWords
	/**
	 * Location of `/tokenize`: `beside` the last segment of the URL (as in vLLM, next to `/v1`) or `below` it. Default:
	 * `beside`.
	 */
	readonly tokenizes?: 'beside' | 'below'
}

const everyOperation: readonly Operation[] = ['chat', 'complete', 'embed', 'rerank', 'transcribe', 'tokenize']

const inputTokens = z.object({ input_tokens: z.int().min(0) })

export function openOpenAICompatible(options: OpenAICompatibleOptions): Engine {
	return new OpenAICompatible(options)
}

class OpenAICompatible implements Engine {
	readonly count?: NonNullable<Engine['count']>
	readonly streamsSingleTokens: boolean
	/** The server is our own. */
	private readonly isOwn: boolean
	private readonly operations: readonly Operation[]
	private readonly form: ChatRequestForm
	private readonly rerankWords: RerankWords
	private readonly tokensAt: string
	/** Names the upstream in the origins of signatures. */
	private readonly host: string
	private readonly upstream: HttpUpstream

	constructor({ key, operations, counts, form = {}, rerankWords, tokenizes, ...options }: OpenAICompatibleOptions) {
		this.isOwn = counts === true
		this.streamsSingleTokens = this.isOwn
		if (counts === true) this.count = (request, call) => this.countPrompt(request, call)
		this.host = readBaseUrl(options.url).host
		this.operations = operations ?? everyOperation
		this.form = chatRequestForm(form)
		this.rerankWords = rerankWords ?? 'documents'
		this.tokensAt = tokenizes === 'below' ? '' : '/..'
		this.upstream = new HttpUpstream({
			...options,
			wireHeaders: key === undefined ? {} : { authorization: `Bearer ${key.reveal()}` },
			secrets: key === undefined ? [] : [key.reveal()],
		})
	}

	state() {
		return { status: 'ready', operations: this.operations } as const
	}

	async chat(request: ChatRequest, call: EngineCall): Promise<EngineAnswer> {
		const stream = call.unary !== true
		const origin = this.originOf(call.model)
		const writing = { model: call.model, origin, form: this.form, stream, drop: call.drop }
		const written = await perform(call.turns, () => writeChatRequest(request, writing))
		const body = this.isOwn ? withStartUsage(written) : written
		const customTools = this.form.customTools === 'function' ? customToolNames(request.tools) : undefined
		const openChunks = () =>
			new ChatChunkReader({
				model: call.model,
				choices: request.choices,
				stop: request.stop,
				errors: this.upstream.errors,
				namedTool: request.toolChoice.type === 'named',
				newCallId: () => `call_${randomBytes(12).toString('hex')}`,
				origin,
			})
		const rewrites = customTools !== undefined && customTools.size > 0
		const open = () => (rewrites ? new CustomCallsReader(openChunks(), customTools) : openChunks())
		const reading = { open, unary: readCompletion, plain: readPlainCompletion, formats: chatFormats }
		return this.upstream.answer('/chat/completions', body, reading, call)
	}

	async complete(request: TextCompletionRequest, call: EngineCall): Promise<EngineAnswer> {
		const stream = call.unary !== true
		const body = await perform(call.turns, () =>
			writeTextCompletionRequest(request, call.model, this.form, stream, call.drop),
		)
		const choices = request.prompts.length * request.choices
		const open = () =>
			new TextCompletionChunkReader({
				model: call.model,
				choices,
				stop: request.stop,
				errors: this.upstream.errors,
			})
		return this.upstream.answer(
			'/completions',
			body,
			{ open, unary: readCompletion, formats: textCompletionFormats },
			call,
		)
	}

	async embed(request: EmbeddingRequest, call: EngineCall): Promise<Embeddings> {
		const body = writeEmbeddingsRequest(request, call.model, 'float', this.form, call.drop)
		const value = await this.upstream.post('/embeddings', body, call)
		const reading = { model: call.model, inputs: request.inputs.length, title: this.upstream.errors.title }
		const read = () => readEmbeddings(value, reading)
		return call.turns?.run(resumable(read)) ?? read()
	}

	async rerank(request: RerankRequest, call: EngineCall): Promise<Ranking> {
		const body = writeRerankRequest(request, call.model, this.rerankWords)
		return readRanking(await this.upstream.post('/rerank', body, call), {
			model: call.model,
			documents: request.documents.length,
			top: request.top,
			title: this.upstream.errors.title,
		})
	}

	async transcribe(request: TranscriptionRequest, call: EngineCall): Promise<Transcription> {
		const body = await writeTranscriptionRequest(request, call.model)
		const answer = await this.upstream.read('/audio/transcriptions', body, call)
		return readTranscription(answer, { format: request.format, title: this.upstream.errors.title })
	}

	async tokenize(request: TokenizeRequest, call: EngineCall): Promise<Tokens> {
		const body = writeTokenizeRequest(request, call.model)
		return readTokens(await this.upstream.post(`${this.tokensAt}/tokenize`, body, call), this.upstream.errors.title)
	}

	async detokenize({ ids }: DetokenizeRequest, call: EngineCall): Promise<string> {
		const body = { model: call.model, tokens: ids }
		return readText(await this.upstream.post(`${this.tokensAt}/detokenize`, body, call), this.upstream.errors.title)
	}

	private async countPrompt(request: ChatRequest, call: EngineCall): Promise<number> {
		const body = writeChatRequest(request, {
			model: call.model,
			origin: this.originOf(call.model),
			form: this.form,
			stream: false,
		})
		return inputTokens.parse(await this.upstream.post('/chat/completions/input_tokens', body, call)).input_tokens
	}

	originOf(model: string): string {
		return signatureOrigin(this.host, model)
	}

	probe(path: string, signal: AbortSignal): Promise<void> {
		return this.upstream.probe(path, signal)
	}

	models(signal: AbortSignal): Promise<readonly UpstreamModel[]> {
		return this.upstream.list('/models', readModelList, signal)
	}

	async close(): Promise<void> {
		this.upstream.close()
	}
}
