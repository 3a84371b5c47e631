// Which messages of a conversation fit into a model's context: instructions always, then as many of the latest exchanges as there is
// room for, whole ones only, so that no tool result is left without its call. Sizes are estimates; the upstream has the last word.

import type { Message } from '../chat/message.ts'

export interface FitOptions {
	/** Always there, in front. */
	readonly fixed: readonly Message[]
	/** The conversation, oldest first; system messages in it are always there. */
	readonly earlier: readonly Message[]
	/** What the caller says now; always there. */
	readonly said: readonly Message[]
	readonly contextTokens: number
	/** Room for the answer; a quarter of the context where absent. */
	readonly answerTokens: number | undefined
}

export interface Fitted {
	readonly front: readonly Message[]
	readonly earlier: readonly Message[]
	/** How many messages of `earlier` are left out. */
	readonly dropped: number
}

export function fit({ fixed, earlier, said, contextTokens, answerTokens }: FitOptions): Fitted {
	const isSystem = ({ role }: Message) => role === 'system' || role === 'developer'
	const systems = earlier.filter(isSystem)
	let room = contextTokens - Math.min(answerTokens ?? contextTokens / 4, contextTokens / 2)
	for (const message of [...fixed, ...systems, ...said]) room -= estimateTokens(message)
	const exchanges = exchangesOf(earlier.filter((message) => !isSystem(message)))
	let first = exchanges.length
	for (; first > 0; first--) {
		room -= (exchanges[first - 1] ?? []).reduce((sum, message) => sum + estimateTokens(message), 0)
		if (room < 0) break
	}
	const left = new Set(exchanges.slice(0, first).flat())
	return { front: fixed, earlier: earlier.filter((message) => !left.has(message)), dropped: left.size }
}

/** From one user's message to the next. */
function exchangesOf(messages: readonly Message[]): readonly (readonly Message[])[] {
	const exchanges: Message[][] = []
	for (const message of messages) {
		const last = exchanges.at(-1)
		if (last === undefined || (message.role === 'user' && last.at(-1)?.role !== 'user')) exchanges.push([message])
		else last.push(message)
	}
	return exchanges
}

/** Of what a message is wrapped in. */
const tokensPerMessage = 6
/** Of English in common vocabularies there are four; other languages and code have fewer. */
const bytesPerToken = 3
/** A picture of common size. */
const tokensPerImage = 800

/** Rather too many than too few. */
export function estimateTokens(message: Message): number {
	let bytes = message.role === 'assistant' ? callBytes(message.toolCalls) : 0
	let tokens = tokensPerMessage
	for (const part of message.content) {
		if ('text' in part) bytes += Buffer.byteLength(part.text)
		else if (part.type === 'image') tokens += tokensPerImage
		else bytes += part.data?.length ?? 0
	}
	return tokens + Math.ceil(bytes / bytesPerToken)
}

function callBytes(calls: readonly { readonly name: string; readonly arguments: string }[]): number {
	return calls.reduce((sum, call) => sum + Buffer.byteLength(call.name) + Buffer.byteLength(call.arguments), 0)
}
