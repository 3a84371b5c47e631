// Checks the rules of event.ts, for tests of event producers.

import type { ChatEvent } from './event.ts'

interface ChoiceState {
	finished: boolean
	/** The arguments of each call so far. */
	readonly calls: string[]
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
	const choice = states.get(event.choice) ?? { finished: false, calls: [] }
	states.set(event.choice, choice)
	if (choice.finished) return `choice ${event.choice} is already finished`
	switch (event.type) {
		case 'choice-finish':
			choice.finished = true
			return undefined
		case 'tool-call':
			if (event.call !== choice.calls.length) return `call ${event.call} after ${choice.calls.length} calls`
			if (event.id === '' || event.name === '') return 'a call without an id or name'
			choice.calls.push('')
			return undefined
		case 'tool-arguments':
			if (event.call !== choice.calls.length - 1)
				return `arguments of call ${event.call} while call ${choice.calls.length - 1} is open`
			choice.calls[event.call] += event.fragment
			return undefined
		case 'text':
		case 'reasoning':
		case 'refusal':
			return undefined
	}
}

function brokenAtFinish(states: ReadonlyMap<number, ChoiceState>, choices: number | undefined): string | undefined {
	if (choices !== undefined && states.size !== choices) return `${states.size} choices instead of ${choices}`
	for (let index = 0; index < states.size; index++) {
		if (states.get(index)?.finished !== true) return `choice ${index} never finished`
	}
	return undefined
}
