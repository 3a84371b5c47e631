// One line above the composer, once the requested model can answer that the toy model has replaced until then.

import { text } from '../languages/languages.ts'
import type { Chat } from '../state/chat.ts'
import { models } from '../state/models.ts'
import { isByToy, toyModelId } from './answering-model.ts'

export function AskAgain({ chat }: { readonly chat: Chat }) {
	const words = text.value
	const turn = chat.path.value.at(-1)
	if (turn === undefined || turn.answer.isRunning || !chat.choosesModel) return null
	if (!isByToy(turn) || turn.model === toyModelId) return null
	const requested = models.value?.find(({ id, aliases = [] }) => id === turn.model || aliases.includes(turn.model))
	// As long as the model has a note, it has not arrived.
	if (requested === undefined || requested.note !== undefined || requested.health === 'none') return null
	return (
		<div class="status-line" role="status">
			{words.modelArrived(turn.model)}{' '}
			<button type="button" class="button ghost small" onClick={() => chat.retry(turn, { model: turn.model })}>
				{words.askAgainWith(turn.model)}
			</button>
		</div>
	)
}
