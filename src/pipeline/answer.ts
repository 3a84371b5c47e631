// The result of the pipeline, which the handler sends, and what follows from the call for every result: what its writer
// needs to know, and its headers.

import { writeConversationId } from '../conversations/conversation-id.ts'
import type { ResponseContext } from '../dialects/writer.ts'
import type { ChunkSource } from '../http/event-stream.ts'
import type { LimitState } from '../limits/limit-state.ts'
import { publicNameOf } from '../routing/model.ts'
import { distinctParts } from './answered-request.ts'
import { hasSeveralOrigins } from './candidates.ts'
import type { Recalled } from './recall.ts'
import type { Serving } from './serving.ts'

export type Answer = {
	readonly headers?: Readonly<Record<string, string>>
	/** The limits that cover the call; none if absent. */
	readonly limits?: readonly LimitState[] | undefined
} /** Sent as JSON unless it is a `TextBody`. `status` is 200 by default. */ & (
	| { readonly type: 'json'; readonly body: unknown; readonly status?: number }
	/**
	 * Server-sent events unless `contentType` is given; a failure is written as the last of them. `ended` is called when the text of the last event was
	 * taken. `isEarly`: no upstream has begun to answer yet, and a heartbeat is sent immediately.
	 */
	| {
			readonly type: 'stream'
			readonly isEarly?: boolean
			readonly contentType?: 'application/json'
			readonly open: (ended: (disconnected: boolean) => void) => ChunkSource
	  }
)

/**
 * What the writer of a response needs to know about its call.
 *
 * @param dropped the parts of the request that the upstream did not receive, once it has begun to answer.
 */
export function responseContextOf(
	recalled: Recalled,
	{ clock }: Serving,
	dropped: () => readonly string[] = () => [],
	nowMs = clock.now(),
): ResponseContext {
	const { token, turn, model, answersAsConversation } = recalled
	return {
		token,
		created: Math.floor(nowMs / 1000),
		now: () => clock.now(),
		model: publicNameOf(model),
		price: model.price,
		conversation: turn?.conversation,
		id: answersAsConversation ? turn?.conversation : undefined,
		dropped: () => distinctParts(dropped()),
		truncated: recalled.dropped === 0 ? undefined : recalled.dropped,
		tagsSignatures: hasSeveralOrigins(recalled),
	}
}

/**
 * The ids of a stored turn, and the parts that were omitted.
 *
 * @param dropped parts of the request that are omitted, in addition to those of the call itself.
 */
export function headersOf(
	{ turn, dropped: messages, call }: Recalled,
	dropped: readonly string[] = [],
): Readonly<Record<string, string>> {
	const earlier = ('dropped' in call ? call.dropped : undefined) ?? []
	if (turn === undefined && messages === 0 && earlier.length === 0 && dropped.length === 0) return noHeaders
	return {
		...(turn === undefined
			? {}
			: {
					'x-dragoman-conversation': writeConversationId(turn.conversation),
					'x-dragoman-message': `msg_${turn.answer}`,
				}),
		...(messages === 0 ? {} : { 'x-dragoman-truncated': String(messages) }),
		...writeDropped([...earlier, ...dropped]),
	}
}

const noHeaders: Readonly<Record<string, string>> = {}
const longestDropped = 1000

const droppedHeader = 'x-dragoman-dropped'

/** Parts of the request that the upstream's format cannot express: no omission is silent. */
function writeDropped(parts: readonly string[]): Readonly<Record<string, string>> {
	return parts.length === 0 ? {} : { [droppedHeader]: join(parts) }
}

/** The same as a comment of the stream, for parts that became known after the headers were sent; possibly empty. */
export function writeNote(dropped: readonly string[]): string {
	return dropped.length === 0 ? '' : `: ${droppedHeader}: ${join(dropped)}\n\n`
}

/** Names of fields come from clients. */
function join(parts: readonly string[]): string {
	const names = [...new Set(parts)].map((part) => part.replace(/[^\w.[\]-]/g, '?'))
	return names.join(', ').slice(0, longestDropped)
}
