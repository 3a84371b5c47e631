// Content blocks of a response: complete in a unary message, empty in a stream's `content_block_start`. Source: the
// types of Anthropic's SDKs.

import { isObject, type JsonObject } from '../../chat/json.ts'
import type { AssistantPart, ReasoningPart, ToolCall } from '../../chat/message.ts'
import { type Rest, restFor } from '../../chat/rest.ts'
import { tryParseJson } from '../../chat/try-parse-json.ts'
import { messagesWire } from './formats.ts'
import { writeCallSignature, writeSignature } from './signature-text.ts'

export interface BlockShape {
	/** Return only the signature of the thinking, not its text. */
	readonly hidesThinking: boolean
	/** Write the origins of signatures. */
	readonly tagsSignatures: boolean
}

export function writeText(text: string, rest?: Rest) {
	return { type: 'text', text, ...restFor(messagesWire, rest) }
}

/** @param signature empty if the model gave no signature. */
export function writeThinking(thinking: string, signature: string, rest?: Rest) {
	return { type: 'thinking', thinking, signature, ...restFor(messagesWire, rest) }
}

export function writeRedacted(data: string, rest?: Rest) {
	return { type: 'redacted_thinking', data, ...restFor(messagesWire, rest) }
}

export function writeToolUse({ id, name, rest }: Pick<ToolCall, 'id' | 'name' | 'rest'>, input: object) {
	return { type: 'tool_use', id, name, input, caller: { type: 'direct' }, ...restFor(messagesWire, rest) }
}

/** The blocks of one part of a response: none if this wire cannot express it. */
export function writePart(part: AssistantPart, shape: BlockShape): readonly object[] {
	switch (part.type) {
		case 'text':
		case 'refusal':
			return part.text === '' ? [] : [writeText(part.text, part.rest)]
		case 'reasoning':
			return writeReasoning(part, shape)
		case 'tool-call':
			return writeCall(part, shape)
		case 'provider-item':
			return part.wire === messagesWire ? [part.item] : []
		case 'image':
		case 'audio':
			return []
		default:
			return part satisfies never
	}
}

function writeReasoning({ text, signature, encrypted, rest }: ReasoningPart, shape: BlockShape): readonly object[] {
	const shown = shape.hidesThinking ? '' : text
	if (signature === undefined) return shown === '' ? [] : [writeThinking(shown, '', rest)]
	const written = writeSignature(signature, shape.tagsSignatures)
	if (encrypted !== true) return [writeThinking(shown, written, rest)]
	return [...(shown === '' ? [] : [writeThinking(shown, '')]), writeRedacted(written, rest)]
}

/** A call, preceded by its signature if it has one. */
function writeCall(call: ToolCall, { tagsSignatures }: BlockShape): readonly object[] {
	const { id, signature } = call
	const before = signature === undefined ? [] : [writeRedacted(writeCallSignature({ id, signature }, tagsSignatures))]
	return [...before, writeToolUse(call, readInput(call.arguments))]
}

/**
 * The input of a call. A truncated response may end inside it. The text is then returned as `INVALID_JSON`, the name
 * from Anthropic's guide.
 */
export function readInput(text: string): JsonObject {
	const value = tryParseJson(text)
	if (isObject(value)) return value as JsonObject
	return text === '' ? {} : { INVALID_JSON: text }
}
