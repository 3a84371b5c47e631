// The engine for Google's Gemini API, and for the same format on Google Cloud. It sends requests and reads responses;
// the formats are defined in wire/gemini. It does not route or retry.

import { randomBytes } from 'node:crypto'
import { ChatError } from '../../chat/error.ts'
import type { JsonObject } from '../../chat/json.ts'
import type { ChatRequest } from '../../chat/request.ts'
import { type EmbeddingRequest, type Embeddings, textOnly } from '../../operations/embeddings.ts'
import type { TextCompletionRequest } from '../../operations/text-completions.ts'
import { perform } from '../../system/occupancy.ts'
import type { Secret } from '../../system/secret.ts'
import { GeminiAnswerReader, readGeminiAnswer } from '../../wire/gemini/answer-reader.ts'
import { embeddingsBatch, readEmbeddings, writeEmbeddingsRequest } from '../../wire/gemini/embeddings.ts'
import { readGeminiError } from '../../wire/gemini/error-reader.ts'
import { formOf, type GeminiService } from '../../wire/gemini/form.ts'
import { geminiFormats } from '../../wire/gemini/formats.ts'
import { writeGenerationRequest } from '../../wire/gemini/generation-request-writer.ts'
import { readGeminiModelList } from '../../wire/gemini/model-list-reader.ts'
import { readUsage } from '../../wire/gemini/usage-reader.ts'
import { countField, field } from '../../wire/json/fields.ts'
import type { EngineAnswer } from '../answer.ts'
import type { Engine, EngineCall, Operation } from '../engine.ts'
import { HttpUpstream } from '../upstream/http-upstream.ts'
import type { HttpUpstreamOptions } from '../upstream/http-upstream-options.ts'
import { signatureOrigin } from '../upstream/signature-origin.ts'

export interface GeminiOptions extends Omit<HttpUpstreamOptions, 'wireHeaders' | 'secrets' | 'readError' | 'trusted'> {
	/** An API key for the developer API, or an access token for Google Cloud. */
	readonly key?: Secret
	readonly service: GeminiService
}

const operations: Readonly<Record<GeminiService, readonly Operation[]>> = {
	gemini: ['chat', 'embed'],
	vertex: ['chat'],
}

export function openGemini(options: GeminiOptions): Engine {
	return new Gemini(options)
}

class Gemini implements Engine {
	/** Absent for Google Cloud, which has no list of the models of a project. */
	readonly models?: NonNullable<Engine['models']>
	private readonly service: GeminiService
	/** Fields of every chat request. Other requests would be rejected with them. */
	private readonly body: JsonObject
	private readonly host: string
	private readonly upstream: HttpUpstream

	constructor({ key, service, body, ...options }: GeminiOptions) {
		this.service = service
		this.host = new URL(options.url).host
		this.body = body ?? {}
		this.upstream = new HttpUpstream({
			...options,
			wireHeaders: key === undefined ? {} : credentials(key, service),
			secrets: key === undefined ? [] : [key.reveal()],
			readError: readGeminiError,
		})
		if (service === 'gemini')
			this.models = (signal) => this.upstream.list('/models?pageSize=1000', readGeminiModelList, signal)
	}

	state() {
		return { status: 'ready', operations: operations[this.service] } as const
	}

	async chat(request: ChatRequest, call: EngineCall): Promise<EngineAnswer> {
		const method = call.unary === true ? 'generateContent' : 'streamGenerateContent?alt=sse'
		const open = () =>
			new GeminiAnswerReader({
				model: call.model,
				choices: request.choices,
				errors: this.upstream.errors,
				namedTool: request.toolChoice.type === 'named',
				oneCall: !request.parallelToolCalls,
				newCallId: () => `call_${randomBytes(12).toString('hex')}`,
				origin: this.originOf(call.model),
			})
		const reading = { open, unary: readGeminiAnswer, formats: geminiFormats }
		const body = await perform(call.turns, () => this.write(request, call))
		return this.upstream.answer(`/${resourceOf(call.model)}:${method}`, body, reading, call)
	}

	complete(_request: TextCompletionRequest, _call: EngineCall): Promise<EngineAnswer> {
		return Promise.reject(new ChatError('wrong-operation', 'This model only supports chat completions.'))
	}

	async embed(request: EmbeddingRequest, call: EngineCall): Promise<Embeddings> {
		if (this.service === 'vertex') throw new ChatError('wrong-operation', 'This model does not support embeddings.')
		if (request.user !== undefined) call.drop?.('user')
		const texts = request.inputs.map(textOnly)
		const model = resourceOf(call.model)
		const vectors: Float32Array[] = []
		let promptTokens = 0
		for (let start = 0; start < texts.length; start += embeddingsBatch) {
			const batch = texts.slice(start, start + embeddingsBatch)
			const body = writeEmbeddingsRequest(batch, model, request.dimensions)
			const answer = await this.upstream.post(`/${model}:batchEmbedContents`, body, call)
			vectors.push(...readEmbeddings(answer, batch.length, this.upstream.errors.title))
			promptTokens += readUsage(field(answer, 'usageMetadata'))?.promptTokens ?? 0
		}
		const source = promptTokens > 0 ? 'upstream' : 'counted'
		return { vectors, usage: { promptTokens, completionTokens: 0, cachedTokens: 0, reasoningTokens: 0, source } }
	}

	async count(request: ChatRequest, call: EngineCall): Promise<number> {
		const model = resourceOf(call.model)
		const { contents, systemInstruction, tools, ...rest } = this.write(request, call)
		const body =
			this.service === 'vertex'
				? { contents, systemInstruction, tools }
				: { generateContentRequest: { model, contents, systemInstruction, tools, ...rest } }
		const counted = countField(await this.upstream.post(`/${model}:countTokens`, body, call), 'totalTokens')
		if (counted !== undefined) return counted
		throw new ChatError('upstream-failed', `${this.upstream.errors.title} did not return a token count.`, {
			sent: 'yes',
		})
	}

	probe(path: string, signal: AbortSignal): Promise<void> {
		return this.upstream.probe(path, signal)
	}

	async close(): Promise<void> {
		this.upstream.close()
	}

	private write(request: ChatRequest, call: EngineCall): JsonObject {
		const drop = (part: string) => call.drop?.(part)
		const form = formOf(call.model, this.service)
		return { ...writeGenerationRequest(request, form, drop, this.originOf(call.model)), ...this.body }
	}

	originOf(model: string): string {
		return signatureOrigin(this.host, model)
	}
}

function credentials(key: Secret, service: GeminiService): Readonly<Record<string, string>> {
	return service === 'vertex' ? { authorization: `Bearer ${key.reveal()}` } : { 'x-goog-api-key': key.reveal() }
}

/** Resource path of a model. Names that start with a collection are used as they are. */
function resourceOf(model: string): string {
	const path = model.split('/').map(encodeURIComponent).join('/')
	return /^(models|tunedModels|endpoints|publishers|projects)\//.test(model) ? path : `models/${path}`
}
