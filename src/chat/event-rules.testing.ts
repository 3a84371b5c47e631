// Checks the rules of event.ts, for tests of event producers.

import type { ChatEvent, PartDeltaEvent, PartEndEvent, PartStartEvent, StartedPart } from './event.ts'

interface ChoiceState {
	finished: boolean
	open: StartedPart | undefined
	readonly callIds: Set<string>
}

/**
 * The first rule that `events` violates as one complete response, or undefined. Without `choices` any number of choices
 * is valid.
 */
export function brokenRule(events: readonly ChatEvent[], choices?: number): string | undefined {
	const last = events.at(-1)
	if (events[0]?.type !== 'start') return `the first event is ${events[0]?.type}`
	if (last?.type !== 'finish' && last?.type !== 'error') return `the last event is ${last?.type}`
	const states = new Map<number, ChoiceState>()
	for (const [index, event] of events.entries()) {
		const broken = brokenBy(event, index, index === events.length - 1, states)
		if (broken !== undefined) return `event ${index} (${event.type}): ${broken}`
	}
	return last.type === 'finish' ? brokenAtFinish(states, choices) : undefined
}

function brokenBy(
	event: ChatEvent,
	index: number,
	isLast: boolean,
	states: Map<number, ChoiceState>,
): string | undefined {
	if (event.type === 'start') return index === 0 ? undefined : 'a second start'
	if (event.type === 'finish' || event.type === 'error') return isLast ? undefined : 'more events follow'
	if (states.size === 0 && event.choice !== 0) return `choice ${event.choice} comes first`
	const choice = states.get(event.choice) ?? { finished: false, open: undefined, callIds: new Set() }
	states.set(event.choice, choice)
	if (choice.finished) return `choice ${event.choice} is already finished`
	switch (event.type) {
		case 'choice-finish':
			if (choice.open !== undefined) return `the ${choice.open.type} part is still open`
			choice.finished = true
			return undefined
		case 'part-start':
			return brokenByStart(event, choice)
		case 'part-delta':
			return brokenByDelta(event, choice)
		case 'part-end':
			return brokenByEnd(event, choice)
		case 'rest':
			return Object.keys(event.rest.fields).length === 0 ? 'a rest without fields' : undefined
		default:
			return event satisfies never
	}
}

function brokenByStart({ part }: PartStartEvent, choice: ChoiceState): string | undefined {
	if (choice.open !== undefined) return `a ${part.type} part while the ${choice.open.type} part is open`
	choice.open = part
	if (part.type !== 'tool-call') return undefined
	if (part.id === '' || part.name === '') return 'a call without an id or name'
	if (choice.callIds.has(part.id)) return `a second call with the id ${part.id}`
	choice.callIds.add(part.id)
	return undefined
}

function brokenByDelta({ part, logprobs }: PartDeltaEvent, { open }: ChoiceState): string | undefined {
	if (open === undefined) return `a piece of a ${part} part while none is open`
	if (open.type !== part) return `a piece of a ${part} part while the ${open.type} part is open`
	return logprobs !== undefined && part !== 'text' ? `log-probabilities of a ${part} part` : undefined
}

function brokenByEnd({ signature, encrypted }: PartEndEvent, choice: ChoiceState): string | undefined {
	const { open } = choice
	choice.open = undefined
	if (open === undefined) return 'no part is open'
	if (signature !== undefined && open.type !== 'reasoning' && open.type !== 'tool-call')
		return `a signature of a ${open.type} part`
	return encrypted === true && (signature === undefined || open.type !== 'reasoning')
		? 'encrypted content without a signature'
		: undefined
}

function brokenAtFinish(states: ReadonlyMap<number, ChoiceState>, choices: number | undefined): string | undefined {
	if (choices !== undefined && states.size !== choices) return `${states.size} choices instead of ${choices}`
	for (let index = 0; index < states.size; index++) {
		if (states.get(index)?.finished !== true) return `choice ${index} never finished`
	}
	return undefined
}
