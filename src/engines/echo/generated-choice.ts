// Generates one choice of a response, token by token, within its limits. The engine handles delays, failures and the
// interleaving of choices.

import type { ChatEvent, FinishReason, PartDeltaEvent, StartedPart } from '../../chat/event.ts'
import type { PlannedPart } from './instruction.ts'
import { tokenLogprobs } from './token-logprobs.ts'
import { splitWords } from './words.ts'

export interface GeneratedChoice {
	readonly choice: number
	readonly parts: readonly PlannedPart[]
	/** Text that precedes the parts and is not counted as tokens. */
	readonly preface: string
	readonly maxTokens: number
	readonly stop: readonly string[]
	readonly logprobs: { readonly top: number } | undefined
	/** Finish reason of a response with tool calls. */
	readonly callsEndWith: FinishReason
}

/** One event, and whether it counts as a completion token or a reasoning token. */
export interface GeneratedEvent {
	readonly event: ChatEvent
	readonly cost: 'nothing' | 'token' | 'thinking'
}

/** Yields the events of a choice. The last one is `choice-finish`. A part starts with its first token. */
export function* generateChoice(options: GeneratedChoice): Generator<GeneratedEvent> {
	const { choice } = options
	if (options.preface !== '') yield* prefaceEvents(options)
	let spent = 0
	let calls = 0
	let reason: FinishReason | undefined
	let foundText: string | undefined
	for (const part of options.parts) {
		const { tokens, stopText } = tokensOf(part, options)
		let isOpen = false
		for (const token of tokens) {
			if (spent === options.maxTokens) {
				reason = 'length'
				break
			}
			spent++
			if (!isOpen) yield free({ type: 'part-start', choice, part: startOf(part, choice, calls) })
			if (!isOpen && part.type === 'tool') calls++
			isOpen = true
			yield { event: tokenEvent(part, options, token), cost: part.type === 'reasoning' ? 'thinking' : 'token' }
		}
		if (isOpen) yield free({ type: 'part-end', choice })
		if (stopText !== undefined && reason === undefined) {
			reason = 'stop'
			foundText = stopText
		}
		if (reason !== undefined) break
	}
	reason ??= calls > 0 ? options.callsEndWith : 'stop'
	yield free({ type: 'choice-finish', choice, reason, stopText: foundText })
}

function* prefaceEvents(options: GeneratedChoice): Generator<GeneratedEvent> {
	const { choice } = options
	yield free({ type: 'part-start', choice, part: { type: 'text' } })
	for (const [at, token] of splitWords(options.preface).entries())
		yield free(at === 0 ? firstDelta(options, token) : textDelta(options, token))
	yield free({ type: 'part-end', choice })
}

function free(event: ChatEvent): GeneratedEvent {
	return { event, cost: 'nothing' }
}

/** The tokens of a part, limited to those that can be used, and the stop text that ended them. */
function tokensOf(
	part: PlannedPart,
	{ maxTokens, stop }: GeneratedChoice,
): { readonly tokens: readonly string[]; readonly stopText?: string | undefined } {
	switch (part.type) {
		case 'text':
			return cutAtStop(part.text, stop)
		case 'repeat':
			return cutAtStop(
				Array.from({ length: Math.min(part.times, maxTokens + 1) }, () => part.text || 'word').join(' '),
				stop,
			)
		case 'reasoning':
		case 'refusal':
			return { tokens: splitWords(part.text) }
		case 'tool':
			return { tokens: splitWords(part.arguments) }
	}
}

function cutAtStop(text: string, stop: readonly string[]) {
	const found = stop
		.map((stopText) => ({ stopText, at: text.indexOf(stopText.toWellFormed()) }))
		.filter(({ at }) => at >= 0)
		.toSorted((a, b) => a.at - b.at)[0]
	return { tokens: splitWords(text.slice(0, found?.at)), stopText: found?.stopText }
}

function startOf(part: PlannedPart, choice: number, call: number): StartedPart {
	switch (part.type) {
		case 'text':
		case 'repeat':
			return { type: 'text' }
		case 'reasoning':
		case 'refusal':
			return { type: part.type }
		case 'tool':
			return { type: 'tool-call', kind: part.kind, id: `call_echo_${choice}_${call}`, name: part.name }
	}
}

function tokenEvent(part: PlannedPart, options: GeneratedChoice, text: string): PartDeltaEvent {
	const { choice } = options
	switch (part.type) {
		case 'text':
		case 'repeat':
			return textDelta(options, text)
		case 'reasoning':
		case 'refusal':
			return { type: 'part-delta', choice, part: part.type, text }
		case 'tool':
			return { type: 'part-delta', choice, part: 'tool-call', text }
	}
}

function textDelta({ choice, logprobs }: GeneratedChoice, text: string): PartDeltaEvent {
	return {
		type: 'part-delta',
		choice,
		part: 'text',
		text,
		logprobs: logprobs === undefined ? undefined : tokenLogprobs(text, logprobs.top),
	}
}

/** Nothing precedes the first token of an echoed prompt, so its score is unknown. */
function firstDelta(options: GeneratedChoice, token: string): PartDeltaEvent {
	const event = textDelta(options, token)
	return { ...event, logprobs: event.logprobs?.map((scored) => ({ ...scored, logprob: null, top: [] })) }
}
