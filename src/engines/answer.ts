// The answer of an engine: complete, or batches of events. Events that were read together are delivered together, with
// the text that they were read from. It does not know how either is read.

import type { Completion } from '../chat/completion.ts'
import { eventsOfCompletion } from '../chat/completion-events.ts'
import { asChatError } from '../chat/error.ts'
import type { ChatEvent } from '../chat/event.ts'
import type { Source } from '../chat/source.ts'

export type EngineAnswer = UnaryAnswer | StreamAnswer

/** The complete answer. Only returned for calls that are `unary`. */
export interface UnaryAnswer {
	readonly type: 'unary'
	readonly completion: Completion
	/** The text that the answer was read from, if it has one. */
	readonly source?: Source | undefined
}

export interface StreamAnswer {
	readonly type: 'stream'
	readonly batches: EventBatches
}

/** The events of an answer. chat/event.ts has the rules of their order. */
export interface EventBatches {
	/**
	 * Waits for the next batches: everything received since the last call, at least one batch. Undefined after the
	 * terminal event. If the call was aborted in the meantime, the result is an `error` event.
	 */
	next(): Promise<readonly EventBatch[] | undefined>
	/** Stops the upstream. Must be called when no more events are read, also after the terminal event. Idempotent. */
	cancel(): Promise<void>
}

/** Events read from one chunk of an upstream's response. */
export interface EventBatch {
	/** None if the chunk has only fields without a canonical meaning, which clients of the same wire receive. */
	readonly events: readonly ChatEvent[]
	/** The text of the chunk. Absent if the events have no text of their own. */
	readonly source?: Source | undefined
}

/**
 * Waits for the first of `events`, because a failure before it is thrown, and a later one is an event.
 *
 * @throws ChatError what `events` throws, or the error of its first event.
 */
export async function answerFrom(events: AsyncGenerator<ChatEvent>): Promise<StreamAnswer> {
	let first: IteratorResult<ChatEvent>
	try {
		first = await events.next()
	} catch (thrown) {
		throw asChatError(thrown)
	}
	if (first.done !== true && first.value.type === 'error') {
		await events.return(undefined)
		throw first.value.error
	}
	return streamFrom(events, first)
}

/** `events`, each in a batch of its own. @param first the first of them, if it was read already. */
export function streamFrom(events: AsyncIterator<ChatEvent>, first?: IteratorResult<ChatEvent>): StreamAnswer {
	let held = first
	const batches: EventBatches = {
		async next() {
			const { value, done } = held ?? (await events.next())
			held = undefined
			return done === true ? undefined : [{ events: [value] }]
		},
		async cancel() {
			held = undefined
			await events.return?.()
		},
	}
	return { type: 'stream', batches }
}

/** The events of any answer. Those of a complete answer are one batch. */
export function batchesOf(answer: EngineAnswer): EventBatches {
	return answer.type === 'stream' ? answer.batches : oneBatch({ events: eventsOfCompletion(answer.completion) })
}

export function oneBatch(batch: EventBatch): EventBatches {
	let held: readonly EventBatch[] | undefined = [batch]
	return {
		async next() {
			const batches = held
			held = undefined
			return batches
		},
		async cancel() {
			held = undefined
		},
	}
}
