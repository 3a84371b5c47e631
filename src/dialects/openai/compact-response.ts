// POST /responses/compact

import { ChatError } from '../../chat/error.ts'
import type { Message } from '../../chat/message.ts'
import type { ScopedConversations } from '../../conversations/conversation-store.ts'
import { readCompactionBody, summaryRequest, writeCompaction } from '../../wire/openai/responses/compaction.ts'
import { ResponseEventWriter } from '../../wire/openai/responses/event-writer.ts'
import { type ReadResponsesRequest, readResponsesRequest } from '../../wire/openai/responses/request-reader.ts'
import type { ChatCall, Route } from '../dialect.ts'
import { findItems, threadOf } from './response-thread.ts'

export const compactResponse: Route = {
	method: 'POST',
	path: '/responses/compact',
	read({ body }) {
		const read = readResponsesRequest(readCompactionBody(body))
		const call = compactCall(read, read.input)
		if (read.references.length === 0 && read.previousResponse === undefined) return call
		const resolve = async (own: ScopedConversations) => compactCall(read, await conversationOf(read, own))
		return { ...call, resolve }
	},
}

/** Nothing is stored: the client keeps the result. */
function compactCall(read: ReadResponsesRequest, input: readonly Message[]): ChatCall {
	const { instructions, echo, metadata, sealReasoning } = read
	return {
		type: 'chat',
		request: { ...read.request, messages: [...instructions, ...input, summaryRequest] },
		stream: false,
		writer: {
			completion: (completion, identity) => writeCompaction(completion, identity, input),
			stream: (identity) => new ResponseEventWriter(identity, { echo, metadata, sealReasoning }),
		},
	}
}

/** Limit on the messages read, in bytes: far beyond any model's context. */
const mostBytes = 64 * 1024 * 1024

/** The messages of earlier responses and those of the request, with all references resolved. */
async function conversationOf(read: ReadResponsesRequest, own: ScopedConversations): Promise<readonly Message[]> {
	const thread = threadOf(read)
	const found = await findItems(read.references, thread, own)
	const { input } = read.references.length === 0 ? read : read.withItems(found)
	if (thread?.origin.type !== 'turn') return input
	const { id, missing } = thread.origin
	const turn = await own.turns.find(id)
	if (turn === undefined || !turn.stored) throw missing()
	const tip = turn.answers[0]?.message ?? turn.inputs.at(-1) ?? turn.parent
	const history =
		tip === undefined ? undefined : await own.history.read(turn.conversation, { tip, maxBytes: mostBytes })
	if (history !== undefined && history.omitted > 0)
		throw new ChatError('context-length-exceeded', 'The conversation is too long to be compacted.')
	const earlier = history?.messages.map(({ message }) => message) ?? []
	return [...earlier, ...input]
}
