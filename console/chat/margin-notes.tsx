// What the margin says about an answer besides who gave it: that a toy model did, that a person has corrected it, and what was
// not sent to its model.

import { text } from '../languages/languages.ts'
import type { Chat } from '../state/chat.ts'
import type { PageTurn } from '../state/turn-tree.ts'
import { answeringModel, isByToy } from './answering-model.ts'
import { droppedFeatures, turnsLeftOut } from './left-out-parts.ts'

export interface MarginNotesProps {
	readonly chat: Pick<Chat, 'path'>
	readonly turn: PageTurn
	/** Shown instead of the model's name. */
	readonly name: string | undefined
}

export function MarginNotes({ chat, turn, name }: MarginNotesProps) {
	const words = text.value
	const { dropped, messages } = turn.answer.leftOut.value
	const turns = turnsLeftOut(chat.path.value, messages)
	const model = name ?? answeringModel(turn)
	const features = droppedFeatures(dropped).map((feature) =>
		typeof feature === 'string' ? words.droppedFeatures[feature] : words.droppedPart(feature.part),
	)
	const notes = [
		name === undefined && isByToy(turn) ? words.toyModel : undefined,
		turn.edited === true ? words.edited : undefined,
		turns === 0 ? undefined : words.turnsNotSent(turns),
		...features.map((feature) => words.featureLeftOut(feature, model)),
	].filter((note) => note !== undefined)
	return notes.map((note) => (
		<span key={note} class="margin-note">
			{note}
		</span>
	))
}
