// Views of the ordered parts of a message or an answer, for wires that have separate fields for text, reasoning and
// calls. The order between the kinds is lost in them.

import type { Part, ToolCall } from './message.ts'

/** The text parts, concatenated. */
export function textOf(parts: readonly Part[]): string {
	return concatenate(parts, 'text')
}

/** The readable reasoning, concatenated. */
export function reasoningOf(parts: readonly Part[]): string {
	return concatenate(parts, 'reasoning')
}

export function refusalOf(parts: readonly Part[]): string {
	return concatenate(parts, 'refusal')
}

export function toolCallsOf(parts: readonly Part[]): readonly ToolCall[] {
	return parts.filter((part) => part.type === 'tool-call')
}

function concatenate(parts: readonly Part[], type: 'text' | 'reasoning' | 'refusal'): string {
	let text = ''
	for (const part of parts) if (part.type === type) text += part.text
	return text
}
