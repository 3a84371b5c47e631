// Converts texts to vectors of length 1. The context for it is created on the first request, since most models never
// serve one.

import { ChatError } from '../../chat/error.ts'
import { countedUsage } from '../../chat/usage.ts'
import type { EmbeddingRequest, Embeddings } from '../../operations/embeddings.ts'
import type { LlamaEmbeddingContext, LlamaModel, Token } from './binding.ts'
import type { Vocabulary } from './vocabulary.ts'

export interface EmbedderOptions {
	readonly model: LlamaModel
	readonly vocabulary: Vocabulary
	/** Maximum input length in tokens. */
	readonly contextTokens: number
	readonly threads: number
	/** Maximum number of concurrent requests, queued ones included. */
	readonly queueLimit: number
}

export class Embedder {
	private readonly options: EmbedderOptions
	private context: Promise<LlamaEmbeddingContext> | undefined
	private open = 0

	constructor(options: EmbedderOptions) {
		this.options = options
	}

	/** @throws ChatError before any evaluation if an input is invalid, `overloaded` if too many requests are queued. */
	async embed({ inputs, dimensions }: EmbeddingRequest, signal: AbortSignal): Promise<Embeddings> {
		const { model, queueLimit } = this.options
		if (dimensions !== undefined && dimensions !== model.embeddingVectorSize)
			throw new ChatError(
				'unsupported',
				`This model's embeddings have ${model.embeddingVectorSize} dimensions; other values are not supported.`,
				{ param: 'dimensions' },
			)
		if (this.open >= queueLimit)
			throw new ChatError('overloaded', 'Too many embedding requests are waiting. Try again later.', {
				retryAfterMs: 1000,
			})
		this.open++
		try {
			this.context ??= this.createContext()
			const context = await this.context
			const read = inputs.map((input, at) => this.read(context, input, at))
			const vectors: Float32Array[] = []
			for (const tokens of read) {
				if (signal.aborted)
					throw new ChatError('cancelled', 'The request was cancelled.', { cause: signal.reason, sent: 'maybe' })
				vectors.push(normalized((await context.getEmbeddingFor(tokens)).vector))
			}
			const promptTokens = read.reduce((sum, tokens) => sum + context.calculateInputLength([...tokens]), 0)
			return { vectors, usage: countedUsage(0, promptTokens) }
		} finally {
			this.open--
		}
	}

	async close(): Promise<void> {
		const context = await this.context?.catch(() => undefined)
		await context?.dispose()
	}

	private createContext(): Promise<LlamaEmbeddingContext> {
		const { model, contextTokens, threads } = this.options
		const context = model.createEmbeddingContext({
			contextSize: { max: contextTokens },
			batchSize: contextTokens,
			threads,
		})
		context.catch(() => {
			this.context = undefined
		})
		return context
	}

	private read(context: LlamaEmbeddingContext, input: string | readonly number[], at: number): readonly Token[] {
		const { vocabulary, contextTokens } = this.options
		const tokens = typeof input === 'string' ? vocabulary.tokenize(input) : input
		if (typeof input !== 'string') refuseUnknownTokens(input, vocabulary, `input[${at}]`)
		const length = context.calculateInputLength([...tokens])
		if (length >= contextTokens)
			throw new ChatError(
				'context-length-exceeded',
				`This model's maximum input length is ${contextTokens - 1} tokens, however input ${at} has ${length} tokens. Please reduce its length.`,
				{ param: 'input', code: 'context_length_exceeded' },
			)
		return tokens
	}
}

/** @throws ChatError `invalid-request` for a number that is not a token of the model. */
export function refuseUnknownTokens(tokens: readonly number[], vocabulary: Vocabulary, param: string): void {
	const unknown = tokens.find((token) => !vocabulary.has(token))
	if (unknown !== undefined)
		throw new ChatError(
			'invalid-request',
			`${unknown} is not a token of this model, whose tokens are numbered from 0 to ${vocabulary.size - 1}.`,
			{ param },
		)
}

function normalized(vector: readonly number[]): Float32Array {
	const length = Math.hypot(...vector)
	return Float32Array.from(vector, (value) => (length === 0 ? 0 : value / length))
}
