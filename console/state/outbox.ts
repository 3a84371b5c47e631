// Questions whose answer has not started yet, on this device: they survive a reload, and one tab at a time sends each of
// them. A question leaves when the server has accepted it, or when it is withdrawn.

import type { AnswerFailure } from './answer-state.ts'
import { withLock } from './locks.ts'
import { followDevice, thisDevice } from './storage.ts'
import type { Question } from './turn-tree.ts'

export interface OutboxEntry {
	readonly clientId: string
	/** Undefined for a question that begins a conversation. */
	readonly conversation: string | undefined
	/** The message to continue from. */
	readonly parent: string | undefined
	readonly model: string
	readonly question: Question
	readonly createdAtMs: number
	/** Whether a request has been sent whose result is unknown. */
	readonly tried: boolean
	/** Not sent before this time, because of a limit. */
	readonly notBeforeMs?: number | undefined
	/** The answer that the new one continues, as a turn's id: the question is empty. */
	readonly continues?: string | undefined
	/** The column of a comparison that asks. */
	readonly column?: number | undefined
	/** Further fields of the request. */
	readonly options?: Readonly<Record<string, unknown>> | undefined
	/** Whether the oldest turns are left out if the conversation is too long for the model. */
	readonly shortened: boolean
	/** Why the server refused it: it is not sent again by itself. */
	readonly failure?: AnswerFailure | undefined
}

const prefix = 'outbox.'

/** The entries of a conversation, or those that begin one, oldest first. */
export const outboxOf = (conversation: string | undefined): readonly OutboxEntry[] =>
	readOutbox().filter((entry) => entry.conversation === conversation)

export function readOutbox(): readonly OutboxEntry[] {
	return thisDevice
		.names(prefix)
		.flatMap((name) => readEntry(thisDevice.read(name)) ?? [])
		.sort((a, b) => a.createdAtMs - b.createdAtMs)
}

/** Undefined if the question has left the outbox. */
export const findEntry = (clientId: string): OutboxEntry | undefined => readEntry(thisDevice.read(prefix + clientId))

/** Calls `gone` when the question has left the outbox in another tab. */
export const followEntry = (clientId: string, gone: () => void, until: AbortSignal): void =>
	followDevice(
		prefix + clientId,
		(_, { newValue }) => {
			if (newValue === null) gone()
		},
		until,
	)

/** @returns false if the browser has no room for it: it is lost with the tab. */
export const storeEntry = (entry: OutboxEntry): boolean =>
	thisDevice.write(prefix + entry.clientId, JSON.stringify(entry))

/** The entry in a conversation that has begun since: a reload must know it. */
export function entryIn(conversation: string | undefined, entry: OutboxEntry): OutboxEntry {
	if (entry.conversation === conversation) return entry
	const moved = { ...entry, conversation }
	storeEntry(moved)
	return moved
}

export const removeEntry = (clientId: string): void => {
	thisDevice.write(prefix + clientId, undefined)
}

/** @param entry undefined if the question has left the outbox */
type Sending = (entry: OutboxEntry | undefined) => Promise<void>

/** Runs when no other tab, and no other chat of this one, sends the question any more. */
export const whileSending = (clientId: string, run: Sending): Promise<void> =>
	withLock(prefix + clientId, () => run(findEntry(clientId)))

/**
 * The same for a question that another tab, or an earlier visit, may have sent. What a tab has stored may arrive here after its
 * lock, so the question is looked up on the server before it is sent.
 */
export const whileResuming = (clientId: string, run: Sending, signal?: AbortSignal): Promise<void> =>
	withLock(
		prefix + clientId,
		() => {
			const entry = findEntry(clientId)
			return run(entry === undefined ? undefined : { ...entry, tried: true })
		},
		signal,
	)

/** A page that is loaded again holds its locks for a moment longer, in milliseconds. */
const soonMs = 5000

/** The same, or nothing if another one still sends the question after a few seconds. */
export async function ifFreeSoon(clientId: string, run: Sending): Promise<void> {
	const signal = AbortSignal.timeout(soonMs)
	try {
		await whileResuming(clientId, run, signal)
	} catch (failure) {
		if (!signal.aborted) throw failure
	}
}

function readEntry(stored: string | undefined): OutboxEntry | undefined {
	if (stored === undefined) return undefined
	try {
		const entry = JSON.parse(stored) as OutboxEntry
		return typeof entry.clientId === 'string' && Array.isArray(entry.question.input) ? entry : undefined
	} catch {
		return undefined
	}
}
