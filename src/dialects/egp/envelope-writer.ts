// Answers of the versions 1 to 4: an envelope around one text, unary or streamed. Its clients parse every line of a
// stream as JSON and read its text without a check, so every event has a text, and the stream contains only events.

import type { Choice, Completion } from '../../chat/completion.ts'
import type { ChatEvent, DeltaPart, FinishReason } from '../../chat/event.ts'
import type { Usage } from '../../chat/usage.ts'
import { unsupportedPartsOf } from '../unsupported-parts.ts'
import type { AnswerWriter, StreamWriter } from '../writer.ts'

/** Wraps a text; the usage is null before the end. */
export type Envelope = (text: string, reason: string | null, usage: Usage | null) => object

export function chatEnvelope(role: 'agent' | 'assistant'): Envelope {
	const extra = role === 'agent' ? { tool_request: null } : {}
	return (content, finish_reason, usage) => ({
		chat_completion: { message: { role, content, ...extra }, finish_reason },
		token_usage: writeTokenUsage(usage),
	})
}

export const completionEnvelope: Envelope = (text, finish_reason, usage) => ({
	completion: { text, finish_reason },
	token_usage: writeTokenUsage(usage),
})

/** @param stop the finish reason of an answer that is not truncated: version 1 has none. */
export function envelopeWriter(envelope: Envelope, stop: string | null): AnswerWriter {
	return {
		completion: ({ choices, usage }: Completion) => {
			const [choice] = choices
			return envelope(choiceText(choice), writeReason(choice?.finishReason ?? 'stop', stop), usage)
		},
		unsupportedParts,
		stream: () => new EnvelopeStream(envelope, stop),
	}
}

class EnvelopeStream implements StreamWriter {
	readonly cutsOnError = true
	private readonly envelope: Envelope
	private readonly stop: string | null
	private reason: string | null

	constructor(envelope: Envelope, stop: string | null) {
		this.envelope = envelope
		this.stop = stop
		this.reason = stop
	}

	write(event: ChatEvent): string {
		switch (event.type) {
			case 'part-delta':
				return event.choice === 0 && isText(event.part) && event.text !== '' ? this.event(event.text, null, null) : ''
			case 'choice-finish':
				this.reason = writeReason(event.reason, this.stop)
				return ''
			case 'finish':
				return this.event('', this.reason, event.usage)
			case 'start':
			case 'part-start':
			case 'part-end':
			case 'rest':
			case 'error':
				return ''
			default:
				return event satisfies never
		}
	}

	private event(text: string, reason: string | null, usage: Usage | null): string {
		return `data: ${JSON.stringify(this.envelope(text, reason, usage))}\n\n`
	}
}

/** What an envelope around one text cannot express. */
const unsupportedParts = unsupportedPartsOf({ hasPart: ({ type }) => type === 'text' || type === 'refusal' })

/** The text of an answer. This API does not distinguish refusals. */
export function choiceText(choice: Choice | undefined): string {
	let text = ''
	for (const part of choice?.parts ?? []) if (part.type === 'text' || part.type === 'refusal') text += part.text
	return text
}

function isText(part: DeltaPart): boolean {
	return part === 'text' || part === 'refusal'
}

function writeReason(reason: FinishReason, stop: string | null): string | null {
	switch (reason) {
		case 'stop':
		case 'tool-calls':
			return stop
		case 'length':
			return 'length'
		case 'content-filter':
			return 'content_filter'
	}
}

function writeTokenUsage(usage: Usage | null) {
	if (usage === null) return null
	const { promptTokens, completionTokens } = usage
	return { prompt: promptTokens, completion: completionTokens, total: promptTokens + completionTokens }
}
