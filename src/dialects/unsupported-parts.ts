// Names what an answer contains and a dialect's format cannot express, for the header of a unary answer. It knows no
// format.

import type { Completion } from '../chat/completion.ts'
import type { AssistantPart } from '../chat/message.ts'
import type { Rest } from '../chat/rest.ts'

export interface AnswerFormat {
	/** Whether the format can express the part. */
	readonly hasPart: (part: AssistantPart) => boolean
	/** The wire whose unknown fields the format can contain; none if absent. */
	readonly wire?: string | undefined
}

/** The value of `AnswerWriter.unsupportedParts` for a dialect with this format. */
export function unsupportedPartsOf({ hasPart, wire }: AnswerFormat): (completion: Completion) => readonly string[] {
	const unknownFields = (rest: Rest | undefined) =>
		rest === undefined || rest.wire === wire ? [] : Object.keys(rest.fields)
	return ({ choices }) => {
		const names = choices.flatMap((choice) => [
			...choice.parts.flatMap((part) => {
				if (hasPart(part)) return part.type === 'provider-item' ? [] : unknownFields(part.rest)
				return isEmpty(part) ? [] : [nameOf(part)]
			}),
			...unknownFields(choice.rest),
		])
		return [...new Set(names)]
	}
}

/** Reasoning that only its model can read has no meaning in another format. */
function isEmpty(part: AssistantPart): boolean {
	return 'text' in part && part.text === ''
}

function nameOf(part: AssistantPart): string {
	if (part.type !== 'provider-item') return names[part.type]
	const { type } = part.item
	return typeof type === 'string' ? type.slice(0, 100) : 'unknown'
}

/** The names of OpenAI's API, or of servers that extend it. */
const names: Readonly<Record<Exclude<AssistantPart['type'], 'provider-item'>, string>> = {
	text: 'content',
	reasoning: 'reasoning_content',
	refusal: 'refusal',
	'tool-call': 'tool_calls',
	image: 'images',
	audio: 'audio',
}
