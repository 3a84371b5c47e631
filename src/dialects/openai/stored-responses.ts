// Stored responses: retrieves, streams, cancels and deletes them, and lists their input items.

import { ChatError } from '../../chat/error.ts'
import type { AnsweredTurn, TurnReference } from '../../conversations/turn-service.ts'
import { readListQuery } from '../../wire/openai/list-query.ts'
import { itemShape, readResponseId, writeTurn } from '../../wire/openai/responses/response-writer.ts'
import type { Route, RouteInput } from '../dialect.ts'
import { messageIdOf, writeItemPage } from './item-pages.ts'
import { itemNotFound, responseNotFound } from './not-found.ts'

export const retrieveResponse: Route = {
	method: 'GET',
	path: '/responses/{id}',
	read(input) {
		const { turn, notFound } = readResponse(input)
		const query = input.query()
		if (query.get('stream') === 'true')
			return { type: 'streams.read', turn: turn.id, after: eventsSeen(query), notFound }
		const withEncryptedReasoning = wantsEncryptedReasoning(query)
		return { type: 'turns.find', turn, notFound, write: (found) => writeStored(found, withEncryptedReasoning) }
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

function wantsEncryptedReasoning(query: URLSearchParams): boolean {
	return [...query.getAll('include'), ...query.getAll('include[]')].includes('reasoning.encrypted_content')
}

export const deleteResponse: Route = {
	method: 'DELETE',
	path: '/responses/{id}',
	read(input) {
		const { turn, id, notFound } = readResponse(input)
		return { type: 'turns.remove', turn, notFound, write: () => ({ id, object: 'response', deleted: true }) }
	},
}

export const cancelResponse: Route = {
	method: 'POST',
	path: '/responses/{id}/cancel',
	body: 'none',
	read(input) {
		const { turn, notFound } = readResponse(input)
		return {
			type: 'turns.cancel',
			turn,
			notFound,
			check({ echo }) {
				if (echo.background !== true)
					throw new ChatError(
						'invalid-request',
						'Only responses that were created with background=true can be cancelled.',
						{ param: 'response_id' },
					)
			},
			write: (ended) => writeStored(ended, false),
		}
	},
}

/** The whole input of the model except instructions, including the items of earlier responses. */
export const listInputItems: Route = {
	method: 'GET',
	path: '/responses/{id}/input_items',
	read(input) {
		const { turn, notFound } = readResponse(input)
		const query = readListQuery(input.query(), 'desc')
		return {
			type: 'turns.history',
			turn,
			query: { ...query, after: messageIdOf(query.after) },
			notFound: (absent) => (absent === 'cursor' ? itemNotFound(query.after ?? '') : notFound()),
			write: (page, { echo, metadata }) =>
				writeItemPage(page, query, itemShape({ echo, metadata, withEncryptedReasoning: false })),
		}
	},
}

interface ResponseInPath {
	/** The id in the client's format. */
	readonly id: string
	readonly turn: TurnReference
	readonly notFound: () => ChatError
}

/** @throws ChatError `not-found` if it is not the id of a response. */
function readResponse({ parameters: [id = ''] }: RouteInput): ResponseInPath {
	const notFound = () => responseNotFound(id)
	const turn = readResponseId(id)
	if (turn === undefined) throw notFound()
	return { id, turn: { id: turn, surface: 'response' }, notFound }
}

function writeStored({ turn, answers: [answer], isQueued }: AnsweredTurn, withEncryptedReasoning: boolean): object {
	return writeTurn(turn, answer, withEncryptedReasoning, isQueued)
}
