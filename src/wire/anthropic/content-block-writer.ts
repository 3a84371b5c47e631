// Blocks of an answer, as they stand in a whole message and, empty, where a stream begins one. Source: the types of Anthropic's SDKs.

import type { Thought, ToolCall } from '../../chat/message.ts'
import { writeCallProof, writeProof } from './proof-text.ts'

export function writeText(text: string) {
	return { type: 'text', text }
}

/** @param signature empty where the model gave no proof. */
export function writeThinking(thinking: string, signature: string) {
	return { type: 'thinking', thinking, signature }
}

export function writeRedacted(data: string) {
	return { type: 'redacted_thinking', data }
}

export function writeToolUse({ id, name }: Pick<ToolCall, 'id' | 'name'>, input: object) {
	return { type: 'tool_use', id, name, input, caller: { type: 'direct' } }
}

/** @param hides answer thinking by its proof alone */
export function writeThought({ text, proof, sealed }: Thought, hides: boolean): readonly object[] {
	if (proof === undefined) return hides || text === '' ? [] : [writeThinking(text, '')]
	if (sealed === true) return [writeRedacted(writeProof(proof))]
	return [writeThinking(hides ? '' : text, writeProof(proof))]
}

/** A call with what its model wants to see with it. */
export function writeCall(call: ToolCall): readonly object[] {
	const { id, proof } = call
	const before = proof === undefined ? [] : [writeRedacted(writeCallProof({ id, proof }))]
	return [...before, writeToolUse(call, readInput(call.arguments))]
}

/** An answer that was cut short may end inside a call's arguments: they are told under the name that Anthropic's guide gives them. */
function readInput(text: string): object {
	try {
		const value: unknown = JSON.parse(text)
		if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
	} catch {}
	return text === '' ? {} : { INVALID_JSON: text }
}
