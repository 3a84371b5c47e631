// The rows of a conversation on screen: a question and its answer, with the turns that continue that answer joined to it.

import type { AnswerPart } from '../state/answer-part.ts'
import type { PageTurn } from '../state/turn-tree.ts'
import type { SizedRow } from './row-window.ts'

export interface TalkRow extends SizedRow {
	readonly first: PageTurn
	/** The last one; `first` if nothing continues it. */
	readonly last: PageTurn
	readonly turns: readonly PageTurn[]
}

export function rowsOf(path: readonly PageTurn[]): readonly TalkRow[] {
	const groups: PageTurn[][] = []
	for (const turn of path) {
		const group = groups.at(-1)
		if (turn.continues !== undefined && group?.at(-1)?.id === turn.continues) group.push(turn)
		else groups.push([turn])
	}
	return groups.flatMap((turns) => {
		const [first] = turns
		if (first === undefined) return []
		const characters = turns.reduce((sum, { answer }) => sum + answer.text.length, first.question.text.length)
		return { key: first.clientId ?? first.id, first, last: turns.at(-1) ?? first, turns, characters }
	})
}

/** The parts of all answers, as if one had been written without a break. */
export function joinedParts(turns: readonly PageTurn[]): readonly AnswerPart[] {
	if (turns.length === 1) return turns[0]?.answer.parts ?? []
	const joined: AnswerPart[] = []
	for (const { answer, question } of turns) {
		if (question.answered !== undefined) joined.splice(0, joined.length, { type: 'text', text: question.answered })
		for (const [index, part] of answer.parts.entries()) {
			const before = joined.at(-1)
			if (index === 0 && part.type === 'text' && before?.type === 'text')
				joined[joined.length - 1] = { type: 'text', text: before.text + part.text }
			else joined.push(part)
		}
	}
	return joined
}
