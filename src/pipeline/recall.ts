// The conversation that a request is part of: what is kept of it is joined with what was sent, and the turn is given its place. Whose
// conversation it may be is decided by the caller's key and nothing else.

import { ChatError } from '../chat/error.ts'
import type { Message } from '../chat/message.ts'
import { textOf } from '../chat/message.ts'
import type { ChatRequest } from '../chat/request.ts'
import type { Conversation, KeptMessage } from '../conversations/conversation.ts'
import { newConversationId, newTurnId, readConversationId } from '../conversations/conversation-id.ts'
import type { Path } from '../conversations/conversation-store.ts'
import { fit } from '../conversations/fit.ts'
import { type OwnConversations, ownConversations } from '../conversations/own-conversations.ts'
import type { Thread, ThreadOrigin } from '../conversations/thread.ts'
import type { ChatCall, CountCall } from '../dialects/dialect.ts'
import { scopeOf } from '../keys/scope.ts'
import { OpenTurn } from './open-turn.ts'
import type { Parts } from './parts.ts'
import type { ModelCall, Planned } from './plan.ts'

export type Recalled<Asked extends ModelCall = ModelCall> = Planned<Asked> & {
	/** The turn's id, kept or not. */
	readonly token: string
	/** Where the turn is kept. */
	readonly turn?: OpenTurn
	/** The answer's id is the conversation's. */
	readonly answersAsConversation: boolean
	/** Messages left out since the conversation is too long for the model. */
	readonly dropped: number
}

/** @throws ChatError where the conversation is not the caller's, or is too long. */
export function recall(planned: Planned, parts: Parts): Recalled | Promise<Recalled> {
	const { call } = planned
	if (call.type !== 'chat' && call.type !== 'count') return byItself(planned)
	const resolving = call.resolve?.(ownOf(planned, parts))
	return resolving === undefined
		? recallResolved(planned, call, parts)
		: resolving.then((resolved) => recallResolved(planned, resolved, parts))
}

type ConversationCall = ChatCall | CountCall

function recallResolved(planned: Planned, call: ConversationCall, parts: Parts): Recalled | Promise<Recalled> {
	const asked = call.type === 'chat' ? acceptedOffer(call, planned, parts) : call
	const thread = withHeaders(asked, planned.received.headers)
	if (thread === undefined || (parts.conversations === undefined && isByDefault(thread, asked.thread)))
		return { ...byItself(planned), call: asked === call ? call : { ...call, request: asked.request } }
	return goOn(planned, call, asked, thread, parts)
}

/** A call that is part of no conversation. */
function byItself(planned: Planned): Recalled {
	return { ...planned, token: newTurnId(), answersAsConversation: false, dropped: 0 }
}

async function goOn(
	planned: Planned,
	call: ConversationCall,
	asked: AskedInConversation,
	thread: Thread,
	parts: Parts,
): Promise<Recalled> {
	const none = byItself(planned)
	const own = ownOf(planned, parts)
	const place = await locate(thread.origin, own)
	const contextTokens = contextOf(planned)
	const path = await readPath(place, thread, own, contextTokens)
	const { request, dropped } = join(asked.request, thread, path, contextTokens)
	const joined = { ...none, call: { ...call, request }, dropped }
	// Read from, never added to.
	if (call.type === 'count' || (thread.surface === 'response' && !thread.stored)) return joined
	return {
		...joined,
		answersAsConversation: asked.answersAsConversation === true,
		turn: new OpenTurn(own, {
			id: none.token,
			surface: thread.surface,
			stored: thread.stored,
			process: parts.process,
			conversation: place.conversation,
			...(place.known ? {} : { create: newConversation(place, thread, request, parts.clock.now()) }),
			...parentOf(path.messages.at(-1)),
			onConflict: thread.onConflict,
			inputs: thread.kept === 0 ? [] : asked.request.messages.slice(-thread.kept),
			model: planned.model.name,
			metadata: thread.metadata,
			echo: thread.echo,
			createdAtMs: parts.clock.now(),
		}),
	}
}

/** Responses are kept unless their client says otherwise: a server that keeps nothing answers them all the same. */
function isByDefault(thread: Thread, own: Thread | undefined): boolean {
	return thread === own && thread.surface === 'response' && thread.origin.type === 'new'
}

/** What is asked, and where it is kept. */
interface AskedInConversation extends Pick<ChatCall, 'request' | 'thread' | 'instructions'> {
	readonly answersAsConversation?: boolean
}

/** What the dialect offers beyond what was said, where the operator wants it. */
function acceptedOffer(call: ChatCall, { key }: Planned, { histories }: Parts): AskedInConversation {
	const { offer } = call
	if (offer === undefined || call.thread !== undefined) return call
	const usual = offer.expected === true || histories[offer.history] ? offer.history : 'none'
	const wanted = key?.settings.history ?? usual
	return wanted === offer.history ? offer : call
}

export function ownOf(
	{ key }: Pick<Planned, 'key'>,
	{ conversations }: Pick<Parts, 'conversations'>,
): OwnConversations {
	if (conversations === undefined || key === undefined)
		throw new ChatError('unsupported', 'This server keeps no conversations.')
	return ownConversations(conversations, scopeOf(key))
}

const headerNames = {
	conversation: 'x-dragoman-conversation',
	parent: 'x-dragoman-parent',
	truncation: 'x-dragoman-truncation',
	conflict: 'x-dragoman-conflict',
} as const

/** A conversation named in headers goes before what the body says. */
function withHeaders(
	{ thread, request, instructions = 0 }: Pick<ChatCall, 'thread' | 'request' | 'instructions'>,
	headers: Headers,
): Thread | undefined {
	const named = headers.get(headerNames.conversation)?.trim()
	const parent = headers.get(headerNames.parent)?.trim().replace(/^msg_/, '')
	if (named === undefined || named === '') {
		if (parent !== undefined)
			throw wrongHeader(headerNames.parent, `is only allowed with '${headerNames.conversation}'`)
		return thread
	}
	return {
		surface: 'chat',
		stored: false,
		front: instructions,
		kept: request.messages.length - instructions,
		metadata: {},
		echo: {},
		...thread,
		listed: true,
		truncation: choice(headers, headerNames.truncation, ['refuse', 'auto']),
		onConflict: choice(headers, headerNames.conflict, ['branch', 'refuse']),
		origin: named === 'new' ? { type: 'new' } : goingOn(named, parent),
	}
}

function goingOn(named: string, parent: string | undefined): ThreadOrigin {
	const id = readConversationId(named)
	const missing = () => new ChatError('not-found', `There is no conversation '${named.slice(0, 100)}'.`)
	if (id === undefined) throw missing()
	return { type: 'conversation', id, ...(parent === undefined ? {} : { parent }), missing }
}

function choice<Word extends string>(headers: Headers, name: string, words: readonly [Word, ...Word[]]): Word {
	const said = headers.get(name)
	if (said === null) return words[0]
	const found = words.find((word) => word === said.trim().toLowerCase())
	if (found === undefined) throw wrongHeader(name, `must be one of: ${words.join(', ')}`)
	return found
}

function wrongHeader(name: string, rule: string): ChatError {
	return new ChatError('invalid-request', `The header '${name}' ${rule}.`, { param: name })
}

/** Where a turn goes. */
interface Place {
	readonly conversation: string
	/** It is there already. */
	readonly known: boolean
	readonly user?: string
	/** The message it goes on from; the head where absent. */
	readonly leaf?: string
	readonly missing: () => ChatError
}

async function locate(origin: ThreadOrigin, own: OwnConversations): Promise<Place> {
	switch (origin.type) {
		case 'new': {
			const { user } = origin
			const missing = () => new ChatError('internal', 'A new conversation was not found.')
			return { conversation: newConversationId(), known: false, missing, ...(user === undefined ? {} : { user }) }
		}
		case 'conversation': {
			const { id, parent, user, missing } = origin
			if (user !== undefined && (await own.find(id))?.user !== user) throw missing()
			return { conversation: id, known: true, missing, ...(parent === undefined ? {} : { leaf: parent }) }
		}
		case 'turn': {
			const turn = await own.turn(origin.id)
			if (turn === undefined || !turn.stored) throw origin.missing()
			if (turn.state === 'running')
				throw new ChatError('invalid-request', 'The previous response is still in progress.', {
					code: 'previous_response_in_progress',
				})
			const leaf = turn.answers[0]?.message ?? turn.inputs.at(-1) ?? turn.parent
			const place = { conversation: turn.conversation, known: true, missing: origin.missing }
			return leaf === undefined ? place : { ...place, leaf }
		}
	}
}

/** A token is hardly ever longer: what does not fit into this many bytes does not fit into the context. */
const bytesPerToken = 16
/** What is read where nobody knows the model's context, in bytes. */
const boundlessBytes = 32 * 1024 * 1024

async function readPath(
	{ conversation, known, leaf, missing }: Place,
	thread: Thread,
	own: OwnConversations,
	contextTokens: number | undefined,
): Promise<Path> {
	if (!known) return { messages: [], omitted: 0, opening: [] }
	const maxBytes = contextTokens === undefined ? boundlessBytes : contextTokens * bytesPerToken
	const path = await own.path(conversation, { maxBytes, ...(leaf === undefined ? {} : { leaf }) })
	if (path === undefined) throw missing()
	if (path.omitted > 0 && thread.truncation === 'refuse')
		throw new ChatError(
			'context-length-exceeded',
			"The conversation is longer than the model's context. Begin a new one, or let the oldest messages be left out: truncation 'auto'.",
			{ param: 'messages' },
		)
	return path
}

/** Instructions first, then the conversation, then what was said now: so the beginning stays the same from turn to turn. */
function join(
	request: ChatRequest,
	{ front, truncation }: Thread,
	path: Path,
	contextTokens: number | undefined,
): { readonly request: ChatRequest; readonly dropped: number } {
	const [instructions, said] = [request.messages.slice(0, front), request.messages.slice(front)]
	const kept: readonly Message[] = path.messages.map(({ message }) => message)
	if (truncation === 'refuse' || contextTokens === undefined)
		return { request: { ...request, messages: [...instructions, ...kept, ...said] }, dropped: 0 }
	const fitted = fit({
		fixed: [...instructions, ...path.opening.map(({ message }) => message)],
		earlier: kept,
		said,
		contextTokens,
		answerTokens: request.maxTokens,
	})
	return {
		request: { ...request, messages: [...fitted.front, ...fitted.earlier, ...said] },
		dropped: path.omitted - path.opening.length + fitted.dropped,
	}
}

/** As the configuration or an upstream tells. */
function contextOf({ model, deployment }: Planned): number | undefined {
	if (model.contextTokens !== undefined) return model.contextTokens
	for (const { place } of deployment.routeOf(model).members) {
		const { contextTokens } = deployment.upstreamAt(place).engine.state()
		if (contextTokens !== undefined) return contextTokens
	}
	return undefined
}

function parentOf(last: KeptMessage | undefined): { readonly parent?: string } {
	return last === undefined ? {} : { parent: last.id }
}

const longestTitle = 80

function newConversation(
	{ conversation, user }: Place,
	{ listed }: Thread,
	{ messages }: ChatRequest,
	nowMs: number,
): Conversation {
	const first = messages.find(({ role }) => role === 'user')
	const title = first === undefined ? '' : textOf(first).trim().replace(/\s+/g, ' ').slice(0, longestTitle)
	return {
		id: conversation,
		...(user === undefined ? {} : { user }),
		...(title === '' || !listed ? {} : { title }),
		metadata: {},
		listed,
		createdAtMs: nowMs,
		updatedAtMs: nowMs,
	}
}
