// A question of the outbox as a turn of its conversation.

import { Answer } from './answer.ts'
import type { AnswerState } from './answer-state.ts'
import type { OutboxEntry } from './outbox.ts'
import type { PageTurn } from './turn-tree.ts'

export function unsentTurn(entry: OutboxEntry): PageTurn {
	const { clientId, parent, model, createdAtMs, question, continues, options, column } = entry
	return {
		id: `new-${clientId}`,
		parent,
		last: undefined,
		model,
		createdAtMs,
		question,
		answer: new Answer(stateOf(entry)),
		clientId,
		options,
		continues,
		column,
	}
}

/** Another tab, which sends the question, may be waiting for the end of a limit. */
function stateOf({ notBeforeMs = 0 }: OutboxEntry): AnswerState {
	return notBeforeMs > Date.now()
		? { type: 'unsent', reason: { type: 'limit', untilMs: notBeforeMs } }
		: { type: 'sending' }
}
