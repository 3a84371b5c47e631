// The events of a complete response: the inverse of completion-fold.ts.

import type { Choice, Completion } from './completion.ts'
import type { ChatEvent } from './event.ts'

export function eventsOfCompletion({ model, fingerprint, choices, usage }: Completion): readonly ChatEvent[] {
	return [
		{ type: 'start', model, fingerprint },
		...choices.flatMap((choice, index) => eventsOfChoice(choice, index)),
		{ type: 'finish', usage },
	]
}

function eventsOfChoice(from: Choice, choice: number): readonly ChatEvent[] {
	const { text, reasoning, thoughts, refusal, toolCalls, logprobs, finishReason, stopText } = from
	const events: ChatEvent[] = []
	if (thoughts !== undefined)
		events.push(...thoughts.map((block) => ({ type: 'reasoning' as const, choice, ...block })))
	else if (reasoning !== '') events.push({ type: 'reasoning', choice, text: reasoning })
	if (text !== '' || logprobs !== undefined) events.push({ type: 'text', choice, text, logprobs })
	if (refusal !== '') events.push({ type: 'refusal', choice, text: refusal })
	for (const [call, { type, id, name, arguments: fragment, proof }] of toolCalls.entries())
		events.push(
			{ type: 'tool-call', choice, call, kind: type, id, name, proof },
			{ type: 'tool-arguments', choice, call, fragment },
		)
	events.push({ type: 'choice-finish', choice, reason: finishReason, stopText })
	return events
}
