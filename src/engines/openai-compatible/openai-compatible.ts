// Any server that speaks OpenAI's API, over TCP or a Unix socket. How requests and answers look is the wire's; this file sends the one
// and reads the other. It knows no routes and tries nothing twice.

import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { ChatRequest } from '../../chat/request.ts'
import type { EmbeddingRequest, Embeddings } from '../../embeddings/embeddings.ts'
import type { Secret } from '../../secrets/secret.ts'
import type { TextCompletionRequest } from '../../text-completions/text-completions.ts'
import { ChatChunkReader } from '../../wire/openai/chat-chunk-reader.ts'
import { type ChatRequestForm, writeChatRequest } from '../../wire/openai/chat-request-writer.ts'
import { readCompletion } from '../../wire/openai/completion-reader.ts'
import { readEmbeddings } from '../../wire/openai/embeddings-reader.ts'
import { writeEmbeddingsRequest } from '../../wire/openai/embeddings-request-writer.ts'
import { chatFormats, textCompletionFormats } from '../../wire/openai/formats.ts'
import { readPlainCompletion } from '../../wire/openai/plain-completion.ts'
import { TextCompletionChunkReader } from '../../wire/openai/text-completion-chunk-reader.ts'
import { writeTextCompletionRequest } from '../../wire/openai/text-completion-request-writer.ts'
import type { ArrivingEvents } from '../arrivals.ts'
import type { Engine, EngineCall, Operation } from '../engine.ts'
import { HttpUpstream, type HttpUpstreamOptions } from '../upstream/http-upstream.ts'

export interface OpenAICompatibleOptions extends Omit<HttpUpstreamOptions, 'wireHeaders' | 'secrets' | 'readError'> {
	/** API key of the server. */
	readonly key?: Secret
	/** What the server can be asked; everything unless said. */
	readonly operations?: readonly Operation[]
	/** It counts prompts, at the path that our own servers do. */
	readonly counts?: boolean
	readonly form?: Partial<ChatRequestForm>
}

const everyOperation: readonly Operation[] = ['chat', 'complete', 'embed']

const defaultForm: ChatRequestForm = { maxTokensField: 'max_tokens', developerRole: 'developer', streamUsage: true }

const inputTokens = z.object({ input_tokens: z.int().min(0) })

export function openOpenAICompatible(options: OpenAICompatibleOptions): Engine {
	return new OpenAICompatible(options)
}

class OpenAICompatible implements Engine {
	readonly count?: NonNullable<Engine['count']>
	private readonly operations: readonly Operation[]
	private readonly form: ChatRequestForm
	private readonly upstream: HttpUpstream

	constructor({ key, operations, counts, form, ...options }: OpenAICompatibleOptions) {
		if (counts === true) this.count = (request, call) => this.countPrompt(request, call)
		this.operations = operations ?? everyOperation
		this.form = { ...defaultForm, ...form }
		this.upstream = new HttpUpstream({
			...options,
			wireHeaders: key === undefined ? {} : { authorization: `Bearer ${key.reveal()}` },
			secrets: key === undefined ? [] : [key.reveal()],
		})
	}

	state() {
		return { status: 'ready', operations: this.operations } as const
	}

	chat(request: ChatRequest, call: EngineCall): Promise<ArrivingEvents> {
		const stream = call.whole !== true
		const body = writeChatRequest(request, call.model, this.form, stream)
		const open = () =>
			new ChatChunkReader({
				model: call.model,
				choices: request.choices,
				errors: this.upstream.errors,
				countPrompt: () => 0,
				namedTool: request.toolChoice.type === 'named',
				newCallId: () => `call_${randomBytes(12).toString('hex')}`,
			})
		const reading = { open, whole: readCompletion, plain: readPlainCompletion, formats: chatFormats }
		return this.upstream.answer('/chat/completions', body, reading, call)
	}

	complete(request: TextCompletionRequest, call: EngineCall): Promise<ArrivingEvents> {
		const stream = call.whole !== true
		const body = writeTextCompletionRequest(request, call.model, this.form, stream)
		const choices = request.prompts.length * request.choices
		const open = () =>
			new TextCompletionChunkReader({ model: call.model, choices, errors: this.upstream.errors, countPrompt: () => 0 })
		return this.upstream.answer(
			'/completions',
			body,
			{ open, whole: readCompletion, formats: textCompletionFormats },
			call,
		)
	}

	async embed(request: EmbeddingRequest, call: EngineCall): Promise<Embeddings> {
		const value = await this.upstream.ask('/embeddings', writeEmbeddingsRequest(request, call.model, 'float'), call)
		return readEmbeddings(value, {
			model: call.model,
			inputs: request.inputs.length,
			title: this.upstream.errors.title,
			countPrompt: () => 0,
		})
	}

	private async countPrompt(request: ChatRequest, call: EngineCall): Promise<number> {
		const body = writeChatRequest(request, call.model, this.form, false)
		return inputTokens.parse(await this.upstream.ask('/chat/completions/input_tokens', body, call)).input_tokens
	}

	probe(path: string, signal: AbortSignal): Promise<void> {
		return this.upstream.probe(path, signal)
	}

	async close(): Promise<void> {
		this.upstream.close()
	}
}
