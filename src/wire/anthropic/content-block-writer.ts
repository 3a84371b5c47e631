// Content blocks of a response: complete in a unary message, empty in a stream's `content_block_start`. Source: the
// types of Anthropic's SDKs.

import { isObject } from '../../chat/json.ts'
import { parseJson } from '../../chat/json-text.ts'
import type { ReasoningBlock, ToolCall } from '../../chat/message.ts'
import { writeCallSignature, writeSignature } from './signature-text.ts'

export function writeText(text: string) {
	return { type: 'text', text }
}

/** @param signature empty if the model gave no signature. */
export function writeThinking(thinking: string, signature: string) {
	return { type: 'thinking', thinking, signature }
}

export function writeRedacted(data: string) {
	return { type: 'redacted_thinking', data }
}

export function writeToolUse({ id, name }: Pick<ToolCall, 'id' | 'name'>, input: object) {
	return { type: 'tool_use', id, name, input, caller: { type: 'direct' } }
}

/** @param hides writes only the signature, without the thinking text. */
export function writeReasoningBlock({ text, proof, sealed }: ReasoningBlock, hides: boolean): readonly object[] {
	if (proof === undefined) return hides || text === '' ? [] : [writeThinking(text, '')]
	if (sealed === true) return [writeRedacted(writeSignature(proof))]
	return [writeThinking(hides ? '' : text, writeSignature(proof))]
}

/** A call, preceded by its signature if it has one. */
export function writeCall(call: ToolCall): readonly object[] {
	const { id, proof } = call
	const before = proof === undefined ? [] : [writeRedacted(writeCallSignature({ id, proof }))]
	return [...before, writeToolUse(call, readInput(call.arguments))]
}

/**
 * A truncated response may end inside a call's arguments. They are returned as `INVALID_JSON`, the name from
 * Anthropic's guide.
 */
function readInput(text: string): object {
	try {
		const value: unknown = parseJson(text)
		if (isObject(value)) return value
	} catch {}
	return text === '' ? {} : { INVALID_JSON: text }
}
