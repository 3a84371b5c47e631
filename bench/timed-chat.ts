// One streamed chat completion over HTTP, with the times that its reader notices.

import type { TestServer } from '../test/server.ts'

export interface TimedChat {
	readonly firstTokenMs: number
	readonly totalMs: number
	readonly promptTokens: number
	readonly completionTokens: number
	/** Tokens per second after the first one. */
	readonly speed: number
}

export interface ChatMessage {
	readonly role: 'user' | 'assistant'
	readonly content: string
}

export interface TimedChatOptions {
	readonly model: string
	readonly messages: readonly ChatMessage[]
	readonly tokens: number
	/** The model's token that ends a turn; it is banned, so that every answer has its full length. */
	readonly endToken: number
	/** The request was accepted; its answer has not started. */
	readonly onTaken?: () => void
}

/** @throws Error if the answer is not a stream. */
export async function timedChat(
	server: TestServer,
	{ model, messages, tokens, endToken, onTaken }: TimedChatOptions,
): Promise<TimedChat> {
	const askedAt = performance.now()
	const response = await server.call('/v1/chat/completions', {
		model,
		messages,
		temperature: 0,
		max_tokens: tokens,
		logit_bias: { [endToken]: -100 },
		stream: true,
		stream_options: { include_usage: true },
	})
	if (!response.ok || response.body === null) throw new Error(`${response.status}: ${await response.text()}`)
	onTaken?.()
	let firstAt = 0
	let rest = ''
	const usage = { prompt_tokens: 0, completion_tokens: 0 }
	const decoder = new TextDecoder()
	for await (const bytes of response.body) {
		rest += decoder.decode(bytes, { stream: true })
		const events = rest.split('\n\n')
		rest = events.pop() ?? ''
		for (const event of events) {
			if (!event.startsWith('data: {')) continue
			const chunk = JSON.parse(event.slice('data: '.length))
			if (chunk.error !== undefined) throw new Error(JSON.stringify(chunk.error))
			if (firstAt === 0 && (chunk.choices[0]?.delta.content ?? '') !== '') firstAt = performance.now()
			if (chunk.usage !== undefined && chunk.usage !== null) Object.assign(usage, chunk.usage)
		}
	}
	const endedAt = performance.now()
	return {
		firstTokenMs: firstAt - askedAt,
		totalMs: endedAt - askedAt,
		promptTokens: usage.prompt_tokens,
		completionTokens: usage.completion_tokens,
		speed: ((usage.completion_tokens - 1) / (endedAt - firstAt)) * 1000,
	}
}
