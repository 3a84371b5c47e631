// Sends a question of the outbox until the server has accepted or refused it. After a request whose result is unknown it first
// looks whether the server has the question, so that nothing is sent twice. Limits that end soon are waited for.

import { type StartedAnswer, startAnswer } from '../api/responses.ts'
import { ConnectionLost, ServerError } from '../api/server.ts'
import type { UnsentReason } from './answer-state.ts'
import { waitForConnection, waitUntil } from './connection.ts'
import { type FoundTurn, findTurn } from './find-turn.ts'
import { describeFailure, isLoss } from './follow-answer.ts'
import { findEntry, followEntry, type OutboxEntry, removeEntry, storeEntry } from './outbox.ts'

/** A limit that ends later is not waited for, in milliseconds. */
const longestWaitMs = 10 * 60_000
/** Attempts while the server is overloaded, and the pause between them if the server names none. */
const overloadedAttempts = 5
const overloadedMs = 5000
/** A request that was lost may still be on its way to the server. */
const settleMs = 300

export type Delivery =
	| { readonly type: 'started'; readonly started: StartedAnswer }
	| { readonly type: 'found'; readonly found: FoundTurn }

export interface DeliveryHooks {
	/** Withdraws the question. */
	readonly signal: AbortSignal
	readonly onSending: () => void
	readonly onUnsent: (reason: UnsentReason) => void
	/** Aborted by the person: do not wait any longer. */
	readonly hurry: () => AbortSignal
}

/** @throws ServerError if the server refuses the question; resolves to undefined if it was withdrawn */
export async function deliverQuestion(first: OutboxEntry, hooks: DeliveryHooks): Promise<Delivery | undefined> {
	const ending = new AbortController()
	try {
		return await deliver(first, hooks, ending.signal)
	} finally {
		ending.abort()
	}
}

async function deliver(first: OutboxEntry, hooks: DeliveryHooks, end: AbortSignal): Promise<Delivery | undefined> {
	let entry = first
	const change = (next: Partial<OutboxEntry>) => {
		entry = { ...entry, ...next }
		if (!hooks.signal.aborted) storeEntry(entry)
	}
	/** Another tab has sent it or taken it back: do not wait any longer. */
	let gone = new AbortController()
	const leave = () => {
		entry = { ...entry, tried: true }
		gone.abort()
	}
	followEntry(first.clientId, leave, end)
	const until = () => {
		gone = new AbortController()
		return AbortSignal.any([hooks.signal, hooks.hurry(), gone.signal])
	}
	const wasStored = findEntry(first.clientId) !== undefined
	/** Another tab has taken it back. */
	const isTakenBack = () => wasStored && findEntry(first.clientId) === undefined
	let overloaded = 0
	for (let losses = 0; !hooks.signal.aborted; ) {
		if (entry.notBeforeMs !== undefined && entry.notBeforeMs > Date.now()) {
			hooks.onUnsent({ type: overloaded > 0 ? 'overloaded' : 'limit', untilMs: entry.notBeforeMs })
			await waitUntil(entry.notBeforeMs, until())
			if (hooks.signal.aborted) break
			hooks.onSending()
		}
		let isPosted = false
		try {
			const found = entry.tried ? await lookUp(entry, hooks.signal) : undefined
			if (found !== undefined) {
				removeEntry(entry.clientId)
				return { type: 'found', found }
			}
			if (isTakenBack()) return undefined
			change({ tried: true })
			isPosted = true
			const started = await send(entry)
			removeEntry(entry.clientId)
			return { type: 'started', started }
		} catch (failure) {
			if (hooks.signal.aborted) break
			if (failure instanceof ConnectionLost || (!isPosted && isLoss(failure))) {
				hooks.onUnsent({ type: navigator.onLine ? 'unreachable' : 'offline' })
				await waitForConnection(losses++, until())
				continue
			}
			if (isTakenBack()) return undefined
			// An answer to the look-up does not say whether an earlier request arrived.
			const tried = entry.tried && !isPosted
			const waitMs = waitOf(failure, ++overloaded)
			if (waitMs === undefined) {
				change({ tried, notBeforeMs: undefined, failure: describeFailure(failure) })
				throw failure
			}
			if (failure instanceof ServerError && failure.status === 429) overloaded = 0
			change({ tried, notBeforeMs: Date.now() + waitMs })
		}
	}
	removeEntry(entry.clientId)
	return undefined
}

async function lookUp(entry: OutboxEntry, signal: AbortSignal): Promise<FoundTurn | undefined> {
	const found = await findTurn(entry.conversation, entry.clientId, signal)
	if (found !== undefined) return found
	await waitUntil(Date.now() + settleMs, signal)
	return findTurn(entry.conversation, entry.clientId, signal)
}

/** Without a signal: whether a request is withdrawn in time is never known. */
const send = (entry: OutboxEntry): Promise<StartedAnswer> =>
	startAnswer({
		model: entry.model,
		input: entry.question.input,
		metadata: metadataOf(entry),
		conversation: entry.conversation ?? 'new',
		parent: entry.conversation === undefined ? undefined : (entry.parent ?? 'none'),
		shortened: entry.shortened,
		options: entry.options,
		// An answer that is no response's is continued by its message.
		continues:
			entry.question.input.length === 0 && entry.parent === `${entry.continues}-a0` ? entry.continues : undefined,
	})

function metadataOf({ clientId, column }: OutboxEntry): Readonly<Record<string, string>> {
	return column === undefined ? { client_id: clientId } : { client_id: clientId, column: String(column) }
}

/** How long to wait until the question is sent again; undefined if it is not. */
function waitOf(failure: unknown, attempt: number): number | undefined {
	if (!(failure instanceof ServerError)) return undefined
	const { status, code, retryAfterMs } = failure
	if (status === 429)
		return retryAfterMs !== undefined && retryAfterMs <= longestWaitMs ? Math.max(1000, retryAfterMs) : undefined
	const overloaded = status === 503 && (code === 'server_is_overloaded' || retryAfterMs !== undefined)
	if (!overloaded || attempt > overloadedAttempts) return undefined
	return Math.min(longestWaitMs, Math.max(1000, retryAfterMs ?? overloadedMs))
}
