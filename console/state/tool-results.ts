// Results that a person has given to calls of tools. They are sent together when every call of an answer has one.

import { signal } from '@preact/signals'
import type { AnswerPart } from './answer.ts'
import type { Chat } from './chat.ts'
import type { PageTurn } from './turn-tree.ts'

/** Ids of calls are unique only within an answer. */
const keyOf = (turn: PageTurn, callId: string) => `${turn.id} ${callId}`

const given = signal<ReadonlyMap<string, string>>(new Map())

export const resultOf = (turn: PageTurn, callId: string): string | undefined => given.value.get(keyOf(turn, callId))

export function giveResult(chat: Chat, turn: PageTurn, callId: string, output: string): void {
	given.value = new Map([...given.value, [keyOf(turn, callId), output]])
	const results = turn.answer.parts
		.filter(isCall)
		.map((call) => ({ callId: call.callId, output: resultOf(turn, call.callId) }))
	if (!results.every(isGiven)) return
	chat.answerCalls(turn, results)
}

type Call = AnswerPart & { readonly type: 'tool-call'; readonly callId: string }

const isCall = (part: AnswerPart): part is Call => part.type === 'tool-call' && part.callId !== undefined

const isGiven = (result: {
	readonly callId: string
	readonly output: string | undefined
}): result is { readonly callId: string; readonly output: string } => result.output !== undefined
