// Executes a planned call: gets an answer from an upstream and passes it to the writer of the response.

import { batchesOf, wholeOf } from '../engines/event-batches.ts'
import type { Admitted } from './admit.ts'
import type { Answer } from './answer.ts'
import { beginOrDropTurn, headersOf, identify } from './begin.ts'
import { deliverWhole, WrittenChunks, withUsage } from './delivery.ts'
import { answerDetached, isDetached } from './detached.ts'
import { asStorageError } from './open-answer.ts'
import type { Parts } from './parts.ts'
import type { StreamedCall } from './plan.ts'
import { answerUnaryOperation } from './unary-operation.ts'

/** @throws ChatError if no upstream began to answer. */
export function execute(admitted: Admitted, parts: Parts): Promise<Answer> {
	const { call } = admitted
	switch (call.type) {
		case 'chat':
		case 'complete': {
			const streamed = { ...admitted, call }
			return isDetached(streamed, parts) ? answerDetached(streamed, parts) : stream(streamed, parts)
		}
		case 'embed':
		case 'rerank':
		case 'transcribe':
		case 'tokenize':
		case 'detokenize':
		case 'count':
			return answerUnaryOperation({ ...admitted, call }, parts)
	}
}

/** The answer is cancelled when its client disconnects. */
async function stream(admitted: Admitted<StreamedCall>, parts: Parts): Promise<Answer> {
	const { call, received, turn } = admitted
	const { events, answer, dropped } = await beginOrDropTurn(admitted, received.signal, parts)
	const identity = identify(admitted, parts)
	if (call.stream) {
		const arrivals = batchesOf(events)
		const writer = call.writer.stream(identity)
		return {
			type: 'stream',
			headers: headersOf(admitted, dropped),
			open: (ended) => new WrittenChunks({ arrivals, writer, answer, backgroundTasks: parts.backgroundTasks, ended }),
		}
	}
	try {
		const whole = wholeOf(events)
		if (whole !== undefined) answer.whole(whole.completion)
		const { completion, source } =
			whole === undefined
				? await deliverWhole(batchesOf(events), answer)
				: { completion: await withUsage(whole.completion, answer), source: whole.source }
		const body = call.writer.completion(completion, identity, source)
		await answer.end()
		return {
			type: 'json',
			headers: headersOf(admitted, [...dropped, ...(call.writer.unsupportedParts?.(completion) ?? [])]),
			body,
		}
	} catch (thrown) {
		const error = asStorageError(thrown)
		// Output is always billed. The turn is stored if the client disconnected, and deleted if the call failed.
		if (turn !== undefined && error.kind !== 'cancelled') parts.backgroundTasks.add(turn.drop(), 'dropping a turn')
		parts.backgroundTasks.add(answer.end(error), 'recording the end of a call')
		throw error
	}
}
