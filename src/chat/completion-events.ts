// The events of a complete response: the inverse of completion-fold.ts.

import type { Choice, Completion } from './completion.ts'
import type { ChatEvent, TokenLogprob } from './event.ts'
import type { AssistantPart } from './message.ts'

export function eventsOfCompletion({ model, fingerprint, choices, usage }: Completion): readonly ChatEvent[] {
	return [
		{ type: 'start', model, fingerprint },
		...choices.flatMap((choice, index) => eventsOfChoice(choice, index)),
		{ type: 'finish', usage },
	]
}

function eventsOfChoice({ parts, logprobs, finishReason, stopText, rest }: Choice, choice: number) {
	const events: ChatEvent[] = []
	let tokens = logprobs
	for (const part of parts) {
		events.push(...eventsOfPart(part, choice, part.type === 'text' ? tokens : undefined))
		if (part.type === 'text') tokens = undefined
	}
	if (tokens !== undefined) events.push(...eventsOfPart({ type: 'text', text: '' }, choice, tokens))
	if (rest !== undefined) events.push({ type: 'rest', choice, rest })
	events.push({ type: 'choice-finish', choice, reason: finishReason, stopText })
	return events
}

/**
 * The events of one part, whose content is one delta.
 *
 * @param logprobs of the part's text.
 */
export function eventsOfPart(
	part: AssistantPart,
	choice: number,
	logprobs?: readonly TokenLogprob[],
): readonly ChatEvent[] {
	switch (part.type) {
		case 'text':
		case 'refusal': {
			const { type, text, rest } = part
			return [
				{ type: 'part-start', choice, part: { type } },
				{ type: 'part-delta', choice, part: type, text, logprobs },
				{ type: 'part-end', choice, rest },
			]
		}
		case 'reasoning': {
			const { type, text, signature, encrypted, rest } = part
			return [
				{ type: 'part-start', choice, part: { type } },
				...(text === '' ? [] : [{ type: 'part-delta' as const, choice, part: type, text }]),
				{ type: 'part-end', choice, signature, encrypted, rest },
			]
		}
		case 'tool-call': {
			const { type, kind, id, name, arguments: text, signature, rest } = part
			return [
				{ type: 'part-start', choice, part: { type, kind, id, name, signature, rest } },
				{ type: 'part-delta', choice, part: type, text },
				{ type: 'part-end', choice },
			]
		}
		case 'image':
		case 'audio':
		case 'provider-item':
			return [
				{ type: 'part-start', choice, part },
				{ type: 'part-end', choice },
			]
		default:
			return part satisfies never
	}
}
