// Generates one choice of a response, token by token, within its limits. The engine handles delays, failures and the
// interleaving of choices.

import type { ChatEvent, FinishReason, TextEvent } from '../../chat/event.ts'
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

/** Yields the events of a choice. The last one is `choice-finish`. */
export function* generateChoice(options: GeneratedChoice): Generator<GeneratedEvent> {
	for (const [at, token] of splitWords(options.preface).entries())
		yield { event: at === 0 ? firstEvent(options, token) : textEvent(options, token), cost: 'nothing' }
	let spent = 0
	let calls = 0
	let reason: FinishReason | undefined
	let foundText: string | undefined
	for (const part of options.parts) {
		if (part.type === 'tool') yield { event: callEvent(part, options.choice, calls++), cost: 'nothing' }
		const { tokens, stopText } = tokensOf(part, options)
		for (const token of tokens) {
			if (spent === options.maxTokens) {
				reason = 'length'
				break
			}
			spent++
			yield {
				event: tokenEvent(part, options, token, calls - 1),
				cost: part.type === 'reasoning' ? 'thinking' : 'token',
			}
		}
		if (stopText !== undefined && reason === undefined) {
			reason = 'stop'
			foundText = stopText
		}
		if (reason !== undefined) break
	}
	reason ??= calls > 0 ? options.callsEndWith : 'stop'
	yield { event: { type: 'choice-finish', choice: options.choice, reason, stopText: foundText }, cost: 'nothing' }
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

function tokenEvent(part: PlannedPart, options: GeneratedChoice, token: string, call: number): ChatEvent {
	const { choice } = options
	switch (part.type) {
		case 'text':
		case 'repeat':
			return textEvent(options, token)
		case 'reasoning':
		case 'refusal':
			return { type: part.type, choice, text: token }
		case 'tool':
			return { type: 'tool-arguments', choice, call, fragment: token }
	}
}

function textEvent({ choice, logprobs }: GeneratedChoice, text: string): TextEvent {
	return {
		type: 'text',
		choice,
		text,
		logprobs: logprobs === undefined ? undefined : tokenLogprobs(text, logprobs.top),
	}
}

/** Nothing precedes the first token of an echoed prompt, so its score is unknown. */
function firstEvent(options: GeneratedChoice, token: string): ChatEvent {
	const event = textEvent(options, token)
	return { ...event, logprobs: event.logprobs?.map((scored) => ({ ...scored, logprob: null, top: [] })) }
}

function callEvent(part: Extract<PlannedPart, { type: 'tool' }>, choice: number, call: number): ChatEvent {
	return { type: 'tool-call', choice, call, kind: part.kind, id: `call_echo_${choice}_${call}`, name: part.name }
}
