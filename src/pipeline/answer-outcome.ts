// How a call ended, for its usage record and its stored turn. It does not know how either is stored.

import type { ChatError } from '../chat/error.ts'
import type { FinishReason } from '../chat/event.ts'
import type { TurnEnd } from '../conversations/turns.ts'
import type { Settlement } from '../ledger/ledger.ts'

/** @param error why there is no complete answer. */
export function outcomeOf(error: ChatError | undefined): Settlement['outcome'] {
	if (error === undefined) return 'completed'
	return error.kind === 'cancelled' ? 'cancelled' : 'failed'
}

/** @param finishReason of the first complete choice. */
export function stateOf(outcome: Settlement['outcome'], finishReason: FinishReason | undefined): TurnEnd['state'] {
	if (outcome !== 'completed') return outcome
	return finishReason === 'length' || finishReason === 'content-filter' ? 'incomplete' : 'completed'
}
