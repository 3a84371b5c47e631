// A question of the outbox as a turn of its conversation.

import { Answer } from './answer.ts'
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
		answer: new Answer({ type: 'sending' }),
		clientId,
		options,
		continues,
		column,
	}
}
