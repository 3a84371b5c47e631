// Selects the messages of a conversation that fit into a model's context: all instructions, then as many of the latest
// exchanges as fit. Exchanges are never split, so that no tool result loses its call. Sizes are estimates; the upstream
// enforces the actual limit.

import type { ImagePart, Message, Part } from '../chat/message.ts'

export interface FitOptions {
	/** Always included, before the conversation. */
	readonly instructions: readonly Message[]
	/** The conversation, oldest first; its system messages are always included. */
	readonly history: readonly Message[]
	/** The messages of the current request; always included. */
	readonly incoming: readonly Message[]
	readonly contextTokens: number
	/** Tokens reserved for the answer; a quarter of the context if absent. */
	readonly answerTokens: number | undefined
}

export interface FittedHistory {
	readonly history: readonly Message[]
	/** Number of messages that are omitted. */
	readonly omitted: number
}

export function fit({ instructions, history, incoming, contextTokens, answerTokens }: FitOptions): FittedHistory {
	const isSystem = ({ role }: Message) => role === 'system' || role === 'developer'
	const systems = history.filter(isSystem)
	let room = contextTokens - Math.min(answerTokens ?? contextTokens / 4, contextTokens / 2)
	for (const message of [...instructions, ...systems, ...incoming]) room -= estimateTokens(message)
	const exchanges = exchangesOf(history.filter((message) => !isSystem(message)))
	let first = exchanges.length
	for (; first > 0; first--) {
		room -= (exchanges[first - 1] ?? []).reduce((sum, message) => sum + estimateTokens(message), 0)
		if (room < 0) break
	}
	const omitted = new Set(exchanges.slice(0, first).flat())
	return { history: history.filter((message) => !omitted.has(message)), omitted: omitted.size }
}

/** Splits messages into exchanges, each from one user message to the next. */
function exchangesOf(messages: readonly Message[]): readonly (readonly Message[])[] {
	const exchanges: Message[][] = []
	for (const message of messages) {
		const last = exchanges.at(-1)
		if (last === undefined || (message.role === 'user' && last.at(-1)?.role !== 'user')) exchanges.push([message])
		else last.push(message)
	}
	return exchanges
}

/** Overhead of each message. */
const tokensPerMessage = 6
/** English has about four in common vocabularies; other languages and code have fewer. */
const bytesPerToken = 3
/** An image of common size. */
const tokensPerImage = 800

/** Estimates on the high side. */
export function estimateTokens({ content }: Message): number {
	let bytes = 0
	let tokens = tokensPerMessage
	for (const part of content) {
		if (part.type === 'image') tokens += tokensPerImage
		else bytes += bytesOf(part)
	}
	return tokens + Math.ceil(bytes / bytesPerToken)
}

function bytesOf(part: Exclude<Part, ImagePart>): number {
	switch (part.type) {
		case 'text':
		case 'refusal':
			return Buffer.byteLength(part.text)
		case 'reasoning': {
			const hidden = part.encrypted === true ? (part.signature?.value.length ?? 0) : 0
			return Buffer.byteLength(part.text) + hidden
		}
		case 'tool-call':
			return Buffer.byteLength(part.name) + Buffer.byteLength(part.arguments)
		case 'audio':
		case 'file':
			return part.data?.length ?? 0
		case 'provider-item':
			return Buffer.byteLength(JSON.stringify(part.item))
		default:
			return part satisfies never
	}
}
