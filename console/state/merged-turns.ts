// The turns of a conversation after the stored ones were read again: what this page knows better than the server remains, and what
// the server no longer has goes. It does not read them.

import type { PageTurn, TurnTree } from './turn-tree.ts'

export interface MergedTurns {
	/** As the server has them now. */
	readonly stored: TurnTree
	/** As the page has them. */
	readonly current: TurnTree
	/** Ids of the turns that the page had when it requested the stored ones: the server did not have later ones yet. */
	readonly requestedWith: ReadonlySet<string>
}

export function mergeTurns({ stored, current, requestedWith }: MergedTurns): readonly PageTurn[] {
	const sending = new Map(
		current.all.flatMap((turn) =>
			turn.last === undefined && turn.clientId !== undefined ? [[turn.clientId, turn] as const] : [],
		),
	)
	const read = stored.all.flatMap((turn) => {
		const known = current.find(turn.id)
		if (known !== undefined) return isCurrent(known, turn) ? [known] : [{ ...turn, options: known.options }]
		// Its delivery is about to name it.
		return turn.clientId !== undefined && sending.has(turn.clientId) ? [] : [turn]
	})
	const others = current.all.filter(
		({ id, last, answer }) =>
			stored.find(id) === undefined && (last === undefined || answer.isRunning || !requestedWith.has(id)),
	)
	return [...read, ...others]
}

/** Whether the page shows the turn as it is stored; it reads answers in progress itself. */
const isCurrent = (known: PageTurn, stored: PageTurn): boolean =>
	known.answer.isRunning ||
	(known.parent === stored.parent && (hasEnded(known, stored) || hasSameAnswer(known, stored)))

/** Of an answer that was interrupted, the server may have only the events, from which it would be read again. */
const hasEnded = (known: PageTurn, stored: PageTurn): boolean => known.last !== undefined && stored.answer.isRunning

const hasSameAnswer = (known: PageTurn, stored: PageTurn): boolean =>
	known.last === stored.last && known.answer.text === stored.answer.text
