// One line below the last answer, once the requested model can answer that the toy model has replaced until then.

import { text } from '../languages/languages.ts'
import type { Chat } from '../state/chat.ts'
import { models } from '../state/models.ts'
import type { PageTurn } from '../state/turn-tree.ts'
import { isReplacedByToy } from './answering-model.ts'

export interface AskAgainProps {
	readonly chat: Chat
	/** That the answer is of. */
	readonly turn: PageTurn
}

export function AskAgain({ chat, turn }: AskAgainProps) {
	const words = text.value
	if (turn !== chat.path.value.at(-1) || turn.answer.isRunning || !chat.choosesModel) return null
	if (!isReplacedByToy(turn)) return null
	const requested = models.value?.find(({ id, aliases = [] }) => id === turn.model || aliases.includes(turn.model))
	// As long as the model has a note, it has not arrived.
	if (requested === undefined || requested.note !== undefined || requested.health === 'none') return null
	return (
		<p class="end-note" role="status">
			{words.modelArrived(turn.model)}{' '}
			<button type="button" class="button small" onClick={() => chat.retry(turn, { model: turn.model })}>
				{words.askAgainWith(turn.model)}
			</button>
		</p>
	)
}
