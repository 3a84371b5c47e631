// The conversation of a request with a `thread`, by the message ids that Anthropic's clients send.

import type { Message } from '../../chat/message.ts'
import { restFor } from '../../chat/rest.ts'
import type { Turn } from '../../conversations/conversation.ts'
import { answerId } from '../../conversations/message-id.ts'
import type { FoundMessages, MessageLookup } from '../../conversations/message-lookup.ts'
import type { Thread, ThreadErrors, ThreadMessages, ThreadOrigin } from '../../conversations/thread.ts'
import { readTurnId, type TurnId } from '../../conversations/turn-id.ts'
import { messagesWire } from '../../wire/anthropic/formats.ts'
import {
	isUnfinished,
	type MessageThreadBody,
	readThreadSettings,
	threadAlreadyContinued,
	threadContinueInFlight,
	threadNotFound,
	threadUnsupported,
	withoutThreadSettings,
	withThreadSettings,
	writeThreadSettings,
} from '../../wire/anthropic/message-thread.ts'
import { fieldError } from '../../wire/anthropic/schema-error.ts'
import type { ChatCall, CountCall, MessageReferences } from '../call.ts'

/** How the call of a request is read once its thread is known. */
type ReadCall<Requested> = (body: unknown, thread?: MessageThread) => Requested

/** What a request continues. */
export interface MessageThread {
	readonly origin: ThreadOrigin
	readonly errors: ThreadErrors
	/** The fields that are the same in every request of the thread. */
	readonly echo: Thread['echo']
}

/** The call of a request with a thread. One that continues a thread refers to the stored turn. */
export function readThreadCall<Requested extends ChatCall | CountCall>(
	body: unknown,
	thread: MessageThreadBody,
	read: ReadCall<Requested>,
): Requested {
	if (thread.type === 'create')
		return read(body, { origin: { type: 'new' }, errors: errorsOf(''), echo: writeThreadSettings(body) })
	const { previous_message_id: previous } = thread
	const id = readMessageTurn(previous)
	if (id === undefined) throw threadNotFound(previous)
	const errors = errorsOf(previous)
	const origin: ThreadOrigin = { type: 'turn', id, notFound: errors.notFound }
	const references: MessageReferences<Requested> = {
		lookup: lookupOf(id),
		insert: (found) => continuedCall(body, previous, found, read),
	}
	return { ...read(withoutThreadSettings(body), { origin, errors, echo: {} }), references }
}

/** The id of a response, or that of its message in another dialect. */
function readMessageTurn(previous: string): TurnId | undefined {
	return readTurnId(previous.replace(/-a0$/, ''), 'msg_')
}

function lookupOf(id: TurnId): MessageLookup {
	return { messages: [{ turn: id, message: answerId(id, 0) }], continues: { type: 'turn', id } }
}

function continuedCall<Requested extends ChatCall | CountCall>(
	body: unknown,
	previous: string,
	found: FoundMessages,
	read: ReadCall<Requested>,
): Requested {
	const { turn, tip } = found
	const errors = errorsOf(previous)
	if (turn === undefined || !isUsable(turn)) throw errors.notFound()
	if (turn.state === 'running') throw threadContinueInFlight()
	const settings = readThreadSettings(turn.echo)
	const continued = settings === undefined ? body : withThreadSettings(body, settings)
	const echo = settings === undefined ? writeThreadSettings(body) : turn.echo
	const { conversation } = turn
	const origin: ThreadOrigin = { type: 'conversation', id: conversation, parent: tip, notFound: errors.notFound }
	const call = read(continued, { origin, errors, echo })
	if (call.thread?.incoming.length === 0) checkUnfinished(turn, found)
	return call
}

/** The server has either the whole answer or none of it. */
function isUsable({ state }: Turn): boolean {
	return state === 'running' || state === 'completed' || state === 'incomplete'
}

/** @throws ChatError `invalid-request` unless the model has not finished the turn. */
function checkUnfinished({ answers }: Turn, { messages }: FoundMessages): void {
	const [answer] = answers
	const message = answer === undefined ? undefined : messages.get(answer.message)?.message
	if (!isUnfinished(restFor(messagesWire, message?.rest).stop_reason))
		throw fieldError(['messages'], 'List should have at least 1 item: the previous message is finished')
}

function errorsOf(previous: string): ThreadErrors {
	return {
		notStored: () => threadUnsupported(['storage'], 'This server stores no conversations for this client.'),
		notFound: () => threadNotFound(previous),
		conflict: (conflict) => (conflict === 'in-flight' ? threadContinueInFlight() : threadAlreadyContinued()),
	}
}

/**
 * @param messages instructions and new messages; both are stored, because clients do not send the instructions again.
 */
export function threadOf(
	{ origin, errors, echo }: MessageThread,
	{ instructions, incoming }: Pick<ThreadMessages, 'instructions' | 'incoming'>,
): Thread {
	const stored: readonly Message[] = [...instructions, ...incoming]
	return {
		surface: 'chat',
		origin,
		stored: false,
		// The SDKs create a thread for each run of tools.
		listed: false,
		instructions: [],
		transient: [],
		incoming: stored,
		truncation: 'refuse',
		onConflict: 'once',
		metadata: {},
		echo,
		errors,
	}
}
