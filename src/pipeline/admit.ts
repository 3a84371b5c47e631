// Opens a ledger ticket for a billed call. The ticket is written concurrently with the upstream request and settled once.

import { scopeOf } from '../keys/scope.ts'
import { type BilledOperation, billedOperations, type Ticket } from '../ledger/ledger.ts'
import type { Parts } from './parts.ts'
import type { ModelCall } from './plan.ts'
import type { Recalled } from './recall.ts'

export type Admitted<Requested extends ModelCall = ModelCall> = Recalled<Requested> & {
	/** Absent if the call is not billed. */
	readonly ticket: Ticket | undefined
}

/** @throws ChatError `unavailable` if the ledger cannot accept more records. */
export function admit(recalled: Recalled, { ledger }: Parts): Admitted {
	const { call, key, model, target, received, token } = recalled
	if (ledger === undefined || key === undefined || !isBilled(call.type)) return { ...recalled, ticket: undefined }
	const opening = {
		id: token,
		...scopeOf(key),
		key: key.id,
		model: model.name,
		operation: call.type,
		dialect: target.dialect.name,
		price: model.price,
		openedAtMs: received.receivedAtMs,
	}
	return { ...recalled, ticket: ledger.open(opening, isWhole(call)) }
}

function isBilled(operation: ModelCall['type']): operation is BilledOperation {
	return billedOperations.some((billed) => billed === operation)
}

/** Whether the response is unary: no byte is sent before the answer is complete. */
export function isWhole(call: ModelCall): boolean {
	return !('stream' in call && call.stream) && !('background' in call && call.background === true)
}
