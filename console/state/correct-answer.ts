// Stores an answer that a person has corrected: a turn with the same question, beside the first version. The model sees it in
// the next request. It does not render.

import { appendItems } from '../api/conversations.ts'
import type { Chat } from './chat.ts'
import { answerInput, itemsOf, type PageTurn } from './turn-tree.ts'

/**
 * Resolves when the corrected answer is shown.
 *
 * @param turns a turn, and those that continue its answer.
 * @throws ServerError | ConnectionLost if it could not be stored
 */
export async function correctAnswer(chat: Chat, turns: readonly PageTurn[], text: string): Promise<void> {
	const [first, last] = [turns[0], turns.at(-1)]
	const conversation = chat.id.value
	if (first === undefined || last === undefined || conversation === undefined) return
	const stored = await appendItems(conversation, {
		items: [...itemsOf(first.question), answerInput(text)],
		parent: first.parent ?? 'none',
		model: last.answer.model.value ?? last.model,
		metadata: { edited: 'true' },
	})
	await chat.refresh()
	const corrected = chat.tree.value.containing(stored.replace(/^msg_/, ''))
	if (corrected !== undefined) chat.show(corrected)
	chat.announceChange()
}
