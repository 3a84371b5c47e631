// The parts of an answer and of those that continue it, as if one had been written without a break.

import type { AnswerPart, TokenProbability } from '../state/answer-part.ts'
import type { PageTurn } from '../state/turn-tree.ts'

/** The parts of all answers, as if one had been written without a break. */
export function joinedParts(turns: readonly PageTurn[]): readonly AnswerPart[] {
	const [first] = turns
	if (turns.length === 1 && first?.question.answered === undefined) return first?.answer.parts ?? []
	const joined: AnswerPart[] = []
	for (const [index, { answer, question }] of turns.entries()) {
		if (question.answered !== undefined) append(joined, [{ type: 'text', text: question.answered }])
		// The next turn begins with this one's answer, which the server has not stored.
		if (turns[index + 1]?.question.answered === undefined) append(joined, answer.parts)
	}
	return joined
}

/** Text after text is one part. */
function append(joined: AnswerPart[], parts: readonly AnswerPart[]): void {
	for (const [index, part] of parts.entries()) {
		const before = joined.at(-1)
		if (index === 0 && part.type === 'text' && before?.type === 'text') joined[joined.length - 1] = merged(before, part)
		else joined.push(part)
	}
}

type TextPart = Extract<AnswerPart, { readonly type: 'text' }>

/** Of the first text no probabilities need to be known: it is one token without alternatives. */
function merged(before: TextPart, { text, tokens }: TextPart): TextPart {
	const known = tokens === undefined ? undefined : [...(before.tokens ?? [whole(before.text)]), ...tokens]
	return { type: 'text', text: before.text + text, tokens: known }
}

const whole = (token: string): TokenProbability => ({ token, logprob: 0, top: [] })

/** The text of all answers of a row. */
export const joinedText = (parts: readonly AnswerPart[]): string =>
	parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
