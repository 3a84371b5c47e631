// Loads the conversation that a request is part of: joins the stored messages with those in the request, and determines
// where the new turn is attached. The caller's key alone decides which conversations are accessible.

import { ChatError } from '../chat/error.ts'
import type { Message } from '../chat/message.ts'
import type { ChatRequest } from '../chat/request.ts'
import { lastMessageOf } from '../conversations/conversation.ts'
import { type ConversationId, newConversationId } from '../conversations/conversation-id.ts'
import type { ScopedConversations } from '../conversations/conversation-store.ts'
import { fit } from '../conversations/fit.ts'
import type { HistoryEnd } from '../conversations/history.ts'
import type { MessageId } from '../conversations/message-id.ts'
import { ConversationService } from '../conversations/service.ts'
import type { Thread, ThreadOrigin } from '../conversations/thread.ts'
import { newTurnId, type TurnId } from '../conversations/turn-id.ts'
import type { ChatCall, CountCall, ModelCall } from '../dialects/call.ts'
import { scopeOf } from '../keys/scope.ts'
import { publicNameOf } from '../routing/model.ts'
import { threadOf } from './conversation-headers.ts'
import { newConversation } from './new-conversation.ts'
import { OpenTurn } from './open-turn.ts'
import type { Planned } from './plan.ts'
import type { Serving } from './serving.ts'

export type Recalled<Requested extends ModelCall = ModelCall> = Planned<Requested> & {
	/** The turn's id, whether or not the turn is stored. */
	readonly token: TurnId
	/** Stores the turn; absent if it is not stored. */
	readonly turn?: OpenTurn
	/** The id of the answer is the id of the conversation. */
	readonly answersAsConversation: boolean
	/** Number of messages omitted because the conversation exceeds the model's context. */
	readonly dropped: number
}

/** @throws ChatError if the conversation belongs to another caller or is too long. */
export async function recall(planned: Planned, serving: Serving): Promise<Recalled> {
	const { call } = planned
	if (call.type !== 'chat' && call.type !== 'count') return withoutConversation(planned)
	const errors = call.thread?.errors
	if (errors !== undefined && (serving.storage === undefined || planned.key === undefined)) throw errors.notStored()
	const complete = call.references === undefined ? call : await insertReferences(planned, call.references, serving)
	const thread = threadOf(complete, planned.received.headers)
	if (thread === undefined || (serving.storage === undefined && isByDefault(thread, complete.thread))) {
		checkFirstResults(complete.request.messages)
		return { ...withoutConversation(planned), call: complete }
	}
	return continueConversation(planned, complete, thread, serving)
}

/** @throws ChatError `invalid-request` if the conversation begins with the result of a call that is not in it. */
function checkFirstResults(messages: readonly Message[]): void {
	const index = messages.findIndex(({ role }) => role !== 'system' && role !== 'developer')
	if (messages[index]?.role !== 'tool') return
	throw new ChatError(
		'invalid-request',
		"Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
		{ param: `messages.[${index}].role` },
	)
}

type ConversationCall = ChatCall | CountCall

/** The call with the stored data that it refers to. */
async function insertReferences(
	planned: Planned,
	{ lookup, insert }: NonNullable<ConversationCall['references']>,
	serving: Serving,
): Promise<ConversationCall> {
	const { own, process } = conversationsOf(planned, serving)
	const service = new ConversationService(own, { nowMs: serving.clock.now(), process })
	return insert(await service.lookUp(lookup))
}

/** A call that is part of no conversation. */
function withoutConversation(planned: Planned): Recalled {
	return { ...planned, token: newTurnId(), answersAsConversation: false, dropped: 0 }
}

async function continueConversation(
	planned: Planned,
	call: ConversationCall,
	thread: Thread,
	serving: Serving,
): Promise<Recalled> {
	const none = withoutConversation(planned)
	const { own, process } = conversationsOf(planned, serving)
	const position = await locate(thread.origin, own)
	const contextTokens = contextOf(planned)
	const history = await readHistory(position, thread, own, contextTokens)
	const complete = call.withHistory?.(history.messages.map(({ message }) => message)) ?? call
	const { request, dropped } = join(complete, thread, history, contextTokens)
	if (!position.exists) checkFirstResults(request.messages)
	const joined = { ...none, call: { ...complete, request }, dropped }
	// These calls read the conversation but never extend it.
	if (call.type === 'count' || (thread.surface === 'response' && !thread.stored)) return joined
	return {
		...joined,
		answersAsConversation: call.answersAsConversation === true,
		turn: new OpenTurn(
			own,
			{
				id: none.token,
				surface: thread.surface,
				stored: thread.stored,
				process,
				conversation: position.conversation,
				create: position.exists ? undefined : newConversation(position, thread, request.messages, serving.clock.now()),
				parent: history.messages.at(-1)?.id,
				onConflict: thread.onConflict,
				inputs: thread.incoming,
				model: publicNameOf(planned.model),
				metadata: thread.metadata,
				echo: complete.thread?.echo ?? thread.echo,
				createdAtMs: serving.clock.now(),
			},
			thread.errors,
		),
	}
}

/** The Responses API stores by default. A server without a store must still answer such requests. */
function isByDefault(thread: Thread, own: Thread | undefined): boolean {
	return thread === own && thread.surface === 'response' && thread.origin.type === 'new'
}

/**
 * The caller's conversations, and the process that runs new turns.
 *
 * @throws ChatError `unsupported` if this server stores none.
 */
export function conversationsOf(
	{ key }: Pick<Planned, 'key'>,
	{ storage }: Serving,
): { readonly own: ScopedConversations; readonly process: string } {
	if (storage === undefined || key === undefined)
		throw new ChatError('unsupported', 'Conversations are not stored on this server.')
	return { own: storage.conversations.in(scopeOf(key)), process: storage.process }
}

/** The position of a turn in a conversation. */
interface ConversationRef {
	readonly conversation: ConversationId
	readonly exists: boolean
	readonly user?: string | undefined
	/** The message that the turn follows; the latest if absent. With `none` it begins a branch of its own. */
	readonly tip?: MessageId | 'none' | undefined
	readonly notFound: () => ChatError
}

async function locate(origin: ThreadOrigin, own: ScopedConversations): Promise<ConversationRef> {
	switch (origin.type) {
		case 'new': {
			const { user } = origin
			const notFound = () => new ChatError('internal', 'A new conversation was not found.')
			return { conversation: newConversationId(), exists: false, notFound, user }
		}
		case 'conversation': {
			const { id, parent, user, notFound } = origin
			if (user !== undefined && (await own.index.find(id))?.user !== user) throw notFound()
			if (parent === 'none' && (await own.index.find(id)) === undefined) throw notFound()
			return { conversation: id, exists: true, notFound, tip: parent }
		}
		case 'turn': {
			const turn = await own.turns.find(origin.id)
			if (turn === undefined || !turn.stored) throw origin.notFound()
			if (turn.state === 'running')
				throw new ChatError('invalid-request', 'The previous response is still in progress.', {
					code: 'previous_response_in_progress',
				})
			return { conversation: turn.conversation, exists: true, notFound: origin.notFound, tip: lastMessageOf(turn) }
		}
	}
}

/**
 * Upper estimate for a token: messages that exceed this many bytes per token of context do not fit into the context.
 */
const bytesPerToken = 16
/** Limit on the messages read if the model's context length is unknown, in bytes. */
const defaultHistoryBytes = 32 * 1024 * 1024

async function readHistory(
	{ conversation, exists, tip, notFound }: ConversationRef,
	thread: Thread,
	own: ScopedConversations,
	contextTokens: number | undefined,
): Promise<HistoryEnd> {
	if (!exists || tip === 'none') return { messages: [], omitted: 0, opening: [] }
	const maxBytes = contextTokens === undefined ? defaultHistoryBytes : contextTokens * bytesPerToken
	const history = await own.history.read(conversation, { maxBytes, tip })
	if (history === undefined) throw notFound()
	if (history.omitted > 0 && thread.truncation === 'refuse')
		throw new ChatError(
			'context-length-exceeded',
			"The conversation exceeds the model's context length. Start a new one, or set truncation to 'auto' to omit the oldest messages.",
			{ param: 'messages' },
		)
	return history
}

/**
 * Instructions first, then the conversation, then the new messages, so that the prompt prefix is the same in every
 * turn.
 */
function join(
	call: ConversationCall,
	{ instructions, transient, incoming, truncation }: Thread,
	history: HistoryEnd,
	contextTokens: number | undefined,
): { readonly request: ChatRequest; readonly dropped: number } {
	const { request, shownHistory } = call
	const stored = shownHistory ?? history.messages.map(({ message }) => message)
	if (truncation === 'refuse' || contextTokens === undefined)
		return { request: { ...request, messages: [...instructions, ...stored, ...transient, ...incoming] }, dropped: 0 }
	const opening = [...instructions, ...history.opening.map(({ message }) => message)]
	const fitted = fit({
		instructions: opening,
		history: stored,
		incoming: [...transient, ...incoming],
		contextTokens,
		answerTokens: request.maxTokens,
	})
	return {
		request: { ...request, messages: [...opening, ...fitted.history, ...transient, ...incoming] },
		dropped: history.omitted - history.opening.length + fitted.omitted,
	}
}

/** The context length that the configuration or an upstream reports. */
function contextOf({ model, deployment }: Planned): number | undefined {
	if (model.contextTokens !== undefined) return model.contextTokens
	for (const { endpoint } of deployment.routeOf(model).members) {
		const { contextTokens } = deployment.upstreamAt(endpoint).engine.state()
		if (contextTokens !== undefined) return contextTokens
	}
	return undefined
}
