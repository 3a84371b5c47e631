// The results that a person enters for the tool calls of an answer, before they are sent together: a model expects the
// results of all calls of its message.

import { type Signal, signal } from '@preact/signals'
import type { Answer } from './answer.ts'
import type { AnswerPart } from './answer-part.ts'
import { type Question, resultQuestion, type ToolResult } from './turn-tree.ts'

const entered = new WeakMap<Answer, Signal<readonly ToolResult[]>>()

/** The results entered so far. */
export function enteredResults(answer: Answer): Signal<readonly ToolResult[]> {
	const existing = entered.get(answer) ?? signal<readonly ToolResult[]>([])
	entered.set(answer, existing)
	return existing
}

/** Adds a result. @returns all results as the next question, or undefined as long as other calls have none. */
export function enterResult(answer: Answer, result: ToolResult): Question | undefined {
	const results = enteredResults(answer)
	results.value = [...results.value.filter(({ callId }) => callId !== result.callId), result]
	const missing = answer.parts.some((part) => isOpenCall(part, results.value))
	if (missing) return undefined
	const question = resultQuestion(results.value)
	results.value = []
	return question
}

const isOpenCall = (part: AnswerPart, results: readonly ToolResult[]): boolean =>
	part.type === 'tool-call' && part.callId !== undefined && !results.some(({ callId }) => callId === part.callId)
