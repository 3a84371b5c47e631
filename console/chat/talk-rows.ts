// The rows of a conversation on screen: a question and its answer, with the turns that continue that answer joined to it.

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
