// Admission: reserves units of the limits that cover a call, and opens a ledger ticket if it is billed. Both are
// settled once, whatever the outcome. The ticket is written concurrently with the upstream request.

import type { ModelCall } from '../dialects/call.ts'
import { scopeOf } from '../keys/scope.ts'
import { type BilledOperation, billedOperations, type Ticket } from '../ledger/ledger.ts'
import type { Limiter, Reservation } from '../limits/limiter.ts'
import { checkCandidates } from './candidates.ts'
import { estimatePrompt } from './prompt-estimate.ts'
import type { Recalled } from './recall.ts'
import type { Serving } from './serving.ts'

export type Admitted<Requested extends ModelCall = ModelCall> = Recalled<Requested> & {
	/** Absent if no limits are configured, or the call has no key. */
	readonly reservation: Reservation | undefined
	/** Absent if the call is not billed. */
	readonly ticket: Ticket | undefined
}

/**
 * @throws ChatError the rule of OpenAI's API that the call breaks, if no upstream may receive it, `unavailable` if the
 * ledger cannot accept more records, `rate-limited` if a limit does not allow the call.
 */
export async function admit(recalled: Recalled, serving: Serving): Promise<Admitted> {
	checkCandidates(recalled)
	const { limiter } = serving
	const reservation = limiter === undefined ? undefined : await reserve(recalled, limiter)
	try {
		return { ...recalled, reservation, ticket: openTicket(recalled, reservation, serving) }
	} catch (thrown) {
		reservation?.settle(undefined)
		throw thrown
	}
}

async function reserve({ call, key, model, token }: Recalled, limiter: Limiter): Promise<Reservation | undefined> {
	if (key === undefined) return undefined
	const { request } = call
	return limiter.reserve({
		id: token,
		...scopeOf(key),
		key: key.id,
		model: model.name,
		operation: call.type,
		maxTokens: 'maxTokens' in request ? request.maxTokens : undefined,
		choices: 'choices' in request ? request.choices : 1,
	})
}

function openTicket(
	{ call, key, model, target, received, token }: Recalled,
	reservation: Reservation | undefined,
	{ storage }: Serving,
): Ticket | undefined {
	if (storage === undefined || key === undefined || !isBilled(call.type)) return undefined
	const opening = {
		id: token,
		...scopeOf(key),
		key: key.id,
		model: model.name,
		operation: call.type,
		dialect: target.dialect.name,
		price: model.price,
		openedAtMs: received.receivedAtMs,
		promptTokens: estimatePrompt(call),
		reservedTokens: reservation === undefined ? undefined : reservedTokensOf(reservation),
	}
	return storage.ledger.open(opening, isUnary(call))
}

/** For the ticket: undefined if no limit counts output tokens. */
export function reservedTokensOf({ outputTokens }: Reservation): number | undefined {
	return Number.isFinite(outputTokens) ? outputTokens : undefined
}

const billed: ReadonlySet<string> = new Set(billedOperations)

function isBilled(operation: ModelCall['type']): operation is BilledOperation {
	return billed.has(operation)
}

/** No byte is sent before the answer is complete. */
export function isUnary(call: ModelCall): boolean {
	return !('stream' in call && call.stream) && !('background' in call && call.background === true)
}
