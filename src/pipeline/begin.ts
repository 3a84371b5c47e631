// Starts a streamed answer. Also the parts that all answers share: identity, headers, and settlement of the ticket if no upstream answered.

import { asChatError } from '../chat/error.ts'
import type { ChatEvent } from '../chat/event.ts'
import { writeConversationId } from '../conversations/conversation-id.ts'
import type { ResponseContext } from '../dialects/dialect.ts'
import { batchesOf } from '../engines/event-batches.ts'
import { type Admitted, isWhole } from './admit.ts'
import { counterFor } from './count.ts'
import { dispatch } from './dispatch.ts'
import { OpenAnswer } from './open-answer.ts'
import type { Parts } from './parts.ts'
import type { StreamedCall } from './plan.ts'

/** Deletes the turn if no upstream began to answer. */
export function beginOrDropTurn(
	admitted: Admitted<StreamedCall>,
	signal: AbortSignal,
	parts: Parts,
): Promise<BegunAnswer> {
	return begin(admitted, signal, parts).catch((thrown: unknown) => {
		const { turn } = admitted
		if (turn !== undefined) parts.backgroundTasks.add(turn.drop(), 'dropping a turn')
		settleFailure(admitted, thrown, parts)
		throw thrown
	})
}

export interface BegunAnswer {
	readonly events: AsyncIterable<ChatEvent>
	readonly answer: OpenAnswer
	readonly dropped: readonly string[]
}

/** Resolves when an upstream began to answer and everything that must be durable before the first byte is sent is on disk. */
export async function begin(admitted: Admitted<StreamedCall>, signal: AbortSignal, parts: Parts): Promise<BegunAnswer> {
	const { call, turn, observer, ticket } = admitted
	if (turn?.exclusive === true) await turn.begin()
	// Written concurrently with the upstream request.
	else void turn?.begin()
	const whole = isWhole(call)
	const { result, upstream, lease, dropped } = await dispatch<AsyncIterable<ChatEvent>>(
		admitted,
		{ signal, whole },
		parts,
		({ engine }, its) => (call.type === 'chat' ? engine.chat(call.request, its) : engine.complete(call.request, its)),
	)
	const answer = new OpenAnswer({
		observer,
		upstream,
		lease,
		ticket,
		turn,
		clock: parts.clock,
		count: counterFor(admitted, upstream, parts),
	})
	try {
		await answer.begun(whole)
	} catch (thrown) {
		lease.end()
		await batchesOf(result).cancel()
		throw thrown
	}
	return { events: result, answer, dropped }
}

export function identify({ token, turn, model, answersAsConversation }: Admitted, { clock }: Parts): ResponseContext {
	return {
		token,
		created: Math.floor(clock.now() / 1000),
		now: () => clock.now(),
		model: model.name,
		price: model.price,
		conversation: turn?.conversation,
		id: answersAsConversation ? turn?.conversation : undefined,
	}
}

/** The ids of the turn if it is stored, and the parts that were omitted. */
export function headersOf(
	{ turn, dropped: messages, call }: Admitted,
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

/** Parts of the request that the upstream's format cannot express: no omission is silent. */
function writeDropped(parts: readonly string[]): Readonly<Record<string, string>> {
	if (parts.length === 0) return {}
	// Names of fields come from clients.
	const names = [...new Set(parts)].map((part) => part.replace(/[^\w.[\]-]/g, '?'))
	return { 'x-dragoman-dropped': names.join(', ').slice(0, longestDropped) }
}

/** Settles the ticket without usage: there was no answer. */
export function settleFailure({ ticket }: Admitted, thrown: unknown, { clock, backgroundTasks }: Parts): void {
	if (ticket === undefined) return
	const outcome = asChatError(thrown).kind === 'cancelled' ? 'cancelled' : 'failed'
	backgroundTasks.add(ticket.settle({ outcome, settledAtMs: clock.now() }), 'recording the end of a call')
}
