// Counts tokens in published vocabularies. The tokens that a model's chat template adds to messages are not known here;
// that part is an estimate.

import type { Message, Part } from '../chat/message.ts'
import type { Tool } from '../chat/tool.ts'
import type { Tokenizer } from './tokenizer.ts'
import type { CountAnswer, CountRequest } from './vocabulary.ts'

/** Tokens that OpenAI's guide adds for each message, and for the start of the response. */
const [tokensPerMessage, tokensOfAnswer] = [3, 3]
/** Tokens of an image at OpenAI's usual size, by its tile formula. */
const tokensPerImage = 765

export class TokenCounter {
	private readonly waiting = new Map<number, PromiseWithResolvers<number>>()
	private worker: Worker | undefined
	private lastId = 0

	/** @throws Error if the vocabulary cannot be loaded. */
	async countTexts(tokenizer: Tokenizer, texts: readonly string[]): Promise<number> {
		const nonEmpty = texts.filter((text) => text !== '')
		if (nonEmpty.length === 0) return 0
		const id = ++this.lastId
		const answer = Promise.withResolvers<number>()
		this.waiting.set(id, answer)
		this.worker ??= this.start()
		this.worker.postMessage({ id, tokenizer, texts: nonEmpty } satisfies CountRequest)
		return answer.promise
	}

	/** Counts the tokens of a prompt: messages and tool definitions. */
	async countMessages(tokenizer: Tokenizer, messages: readonly Message[], tools: readonly Tool[]): Promise<number> {
		return (await this.countTexts(tokenizer, promptTexts(messages, tools))) + fixedTokens(messages)
	}

	close(): void {
		this.worker?.terminate()
		this.fail('the token counter is closed')
	}

	private start(): Worker {
		const worker = new Worker(new URL('./vocabulary.ts', import.meta.url))
		// The worker must not keep the process alive.
		worker.unref()
		worker.onmessage = ({ data }: MessageEvent<CountAnswer>) => {
			const answer = this.waiting.get(data.id)
			this.waiting.delete(data.id)
			if (data.tokens === undefined) answer?.reject(new Error(data.failure))
			else answer?.resolve(data.tokens)
		}
		worker.onerror = (event) => this.fail(event.message)
		return worker
	}

	private fail(reason: string): void {
		this.worker = undefined
		for (const answer of this.waiting.values()) answer.reject(new Error(reason))
		this.waiting.clear()
	}
}

/** Bytes of UTF-8 for each token, on average. */
const bytesPerToken = 4

/** An estimate that needs no vocabulary. */
export function estimateTexts(texts: readonly string[]): number {
	return Math.ceil(texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / bytesPerToken)
}

/** The same for messages and tool definitions. */
export function estimateMessages(messages: readonly Message[], tools: readonly Tool[]): number {
	return estimateTexts(promptTexts(messages, tools)) + fixedTokens(messages)
}

function promptTexts(messages: readonly Message[], tools: readonly Tool[]): readonly string[] {
	const texts = messages.flatMap(textsOf)
	if (tools.length > 0) texts.push(JSON.stringify(tools))
	return texts
}

/** Of what is not text. */
function fixedTokens(messages: readonly Message[]): number {
	const images = messages.reduce((sum, { content }) => sum + content.filter(({ type }) => type === 'image').length, 0)
	return messages.length * tokensPerMessage + images * tokensPerImage + tokensOfAnswer
}

function textsOf(message: Message): string[] {
	return [message.role, ...message.content.flatMap(textsOfPart)]
}

/** Reasoning is not counted, since most models discard that of earlier turns. */
function textsOfPart(part: Part): string[] {
	switch (part.type) {
		case 'text':
		case 'refusal':
			return [part.text]
		case 'tool-call':
			return [part.name, part.arguments]
		case 'reasoning':
		case 'image':
		case 'audio':
		case 'file':
			return []
		case 'provider-item':
			return (part.substitute?.parts ?? []).flatMap(textsOfPart)
		default:
			return part satisfies never
	}
}
