// Stored responses: retrieves, streams, cancels and deletes them, and lists their input items.

import { ChatError } from '../../chat/error.ts'
import type { Turn } from '../../conversations/conversation.ts'
import type { ScopedConversations } from '../../conversations/conversation-store.ts'
import type { TurnId } from '../../conversations/turn-id.ts'
import { readListQuery, writeList } from '../../wire/openai/list-query.ts'
import { itemShape, readResponseId, writeTurn } from '../../wire/openai/responses/response-writer.ts'
import type { Call, Route, RouteInput } from '../dialect.ts'
import { responseMissing } from './response-thread.ts'
import { listItems } from './stored-items.ts'

export const retrieveResponse: Route = {
	method: 'GET',
	path: '/responses/{id}',
	read(input) {
		const { turn, missing } = named(input)
		const query = input.query()
		if (query.get('stream') === 'true') return { type: 'resume', turn, after: eventsSeen(query), missing }
		const sealed = sealsReasoning(query)
		return { type: 'stored', answer: async (own) => writeStored(own, await find(own, turn, missing), sealed) }
	},
}

/** Events are numbered from 0, so a client that has seen number 0 has one event. */
function eventsSeen(query: URLSearchParams): number {
	const after = query.get('starting_after')
	if (after === null || after === '') return 0
	if (/^\d{1,9}$/.test(after)) return Number(after) + 1
	throw new ChatError('invalid-request', "Invalid type for 'starting_after': expected an integer.", {
		param: 'starting_after',
		code: 'invalid_type',
	})
}

function sealsReasoning(query: URLSearchParams): boolean {
	return [...query.getAll('include'), ...query.getAll('include[]')].includes('reasoning.encrypted_content')
}

export const deleteResponse: Route = {
	method: 'DELETE',
	path: '/responses/{id}',
	read(input) {
		const { turn, id, missing } = named(input)
		const answer = async (own: ScopedConversations) => {
			await find(own, turn, missing)
			if (!(await own.turns.remove(turn))) throw missing()
			return { id, object: 'response', deleted: true }
		}
		return { type: 'stored', answer }
	},
}

export const cancelResponse: Route = {
	method: 'POST',
	path: '/responses/{id}/cancel',
	body: 'none',
	read(input): Call {
		const { turn, missing } = named(input)
		const answer = async (own: ScopedConversations) => {
			const ended = await find(own, turn, missing)
			if (ended.echo.background !== true)
				throw new ChatError(
					'invalid-request',
					'Only responses that were created with background=true can be cancelled.',
					{
						param: 'response_id',
					},
				)
			return writeStored(own, ended, false)
		}
		return { type: 'cancel', turn, missing, answer }
	},
}

/** The whole input of the model except instructions, including the items of earlier responses. */
export const listInputItems: Route = {
	method: 'GET',
	path: '/responses/{id}/input_items',
	read(input) {
		const { turn, missing } = named(input)
		const query = readListQuery(input.query(), 'desc')
		const answer = async (own: ScopedConversations) => {
			const { conversation, inputs, parent, echo, metadata } = await find(own, turn, missing)
			const tip = inputs.at(-1) ?? parent
			if (tip === undefined) return writeList([], false)
			const shape = itemShape({ echo, metadata, sealReasoning: false })
			return listItems(own, { ...query, conversation, tip, shape })
		}
		return { type: 'stored', answer }
	},
}

interface NamedResponse {
	/** The id in the client's format. */
	readonly id: string
	readonly turn: TurnId
	readonly missing: () => ChatError
}

function named({ parameters: [id = ''] }: RouteInput): NamedResponse {
	const missing = () => responseMissing(id)
	const turn = readResponseId(id)
	if (turn === undefined) throw missing()
	return { id, turn, missing }
}

async function find(own: ScopedConversations, id: TurnId, missing: () => ChatError): Promise<Turn> {
	const turn = await own.turns.find(id)
	if (turn === undefined || !turn.stored || turn.surface !== 'response') throw missing()
	return turn
}

async function writeStored(own: ScopedConversations, turn: Turn, sealReasoning: boolean): Promise<object> {
	const [first] = turn.answers
	const answer = first === undefined ? undefined : await own.history.message(turn.conversation, first.message)
	return writeTurn(turn, answer, sealReasoning)
}
