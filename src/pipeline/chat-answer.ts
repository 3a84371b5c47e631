// Answers of chats and text completions while their client is connected: unary, or as a stream. `beginAnswer` is
// shared with answers that continue without their client.

import { batchesOf, type EngineAnswer, type EventBatches } from '../engines/answer.ts'
import type { Engine, EngineCall } from '../engines/engine.ts'
import { type Admitted, isUnary } from './admit.ts'
import { type Answer, headersOf, responseContextOf } from './answer.ts'
import { type AnswerRecorder, asStorageError } from './answer-recorder.ts'
import { WrittenChunks } from './delivery.ts'
import { dispatch } from './dispatch.ts'
import type { StreamedCall } from './plan.ts'
import type { Serving } from './serving.ts'

/**
 * The answer is cancelled when its client disconnects.
 * @throws ChatError if no upstream began to answer, or a unary answer failed.
 */
export async function answerChat(
	admitted: Admitted<StreamedCall>,
	recorder: AnswerRecorder,
	serving: Serving,
): Promise<Answer> {
	const { call, received } = admitted
	const { answer, dropped } = await beginAnswer(admitted, received.signal, recorder, serving)
	const nowMs = serving.clock.now()
	const context = responseContextOf(admitted, serving, nowMs)
	if (call.stream) {
		recorder.stream()
		const writer = call.writer.stream(context)
		const { backgroundTasks } = serving
		return {
			type: 'stream',
			headers: headersOf(admitted, dropped),
			open: (ended) => new WrittenChunks({ batches: batchesOf(answer), writer, recorder, backgroundTasks, ended }),
		}
	}
	try {
		if (answer.type === 'unary') recorder.observeUnary(answer.completion, nowMs)
		else await readToEnd(answer.batches, recorder)
		const completion = await recorder.completion()
		const source = answer.type === 'unary' && !recorder.replacesUsage ? answer.source : undefined
		const body = call.writer.completion(completion, context, source)
		await recorder.settle()
		const unsupported = call.writer.unsupportedParts?.(completion) ?? []
		return { type: 'json', headers: headersOf(admitted, [...dropped, ...unsupported]), body }
	} catch (thrown) {
		throw asStorageError(thrown)
	}
}

export interface StartedAnswer {
	readonly answer: EngineAnswer
	/** Parts of the request that the upstream's wire format cannot express. */
	readonly dropped: readonly string[]
}

/**
 * Resolves when an upstream began to answer and everything that must be durable before the first byte is sent is on
 * disk.
 *
 * @throws ChatError if no upstream began to answer, or a write failed.
 */
export async function beginAnswer(
	admitted: Admitted<StreamedCall>,
	signal: AbortSignal,
	recorder: AnswerRecorder,
	serving: Serving,
): Promise<StartedAnswer> {
	const { call, turn } = admitted
	if (turn?.exclusive === true) await turn.begin()
	// Written concurrently with the upstream request.
	else void turn?.begin()
	const unary = isUnary(call)
	const send = (engine: Engine, engineCall: EngineCall, maxTokens?: number) =>
		call.type === 'chat'
			? engine.chat(limited(call.request, maxTokens), engineCall)
			: engine.complete(limited(call.request, maxTokens), engineCall)
	const { result, upstream, lease, dropped } = await dispatch(admitted, { signal, unary, send }, serving)
	try {
		await opening(admitted, unary)
	} catch (thrown) {
		lease.end()
		if (result.type === 'stream') await result.batches.cancel()
		throw thrown
	}
	recorder.begin({ upstream, lease })
	return { answer: result, dropped }
}

/** The same request with at most `maxTokens` of output. */
function limited<Request extends { readonly maxTokens?: number }>(request: Request, maxTokens?: number): Request {
	if (maxTokens === undefined) return request
	return { ...request, maxTokens: Math.min(request.maxTokens ?? maxTokens, maxTokens) }
}

/** A unary response waits for the end of the call in any case, which includes the opening of the ticket. */
function opening({ ticket, turn }: Admitted, unary: boolean): Promise<unknown> | undefined {
	const opened = unary ? undefined : ticket?.opened
	return turn === undefined ? opened : Promise.all([opened, turn.begin()])
}

/** @throws ChatError the error that ends the stream. */
async function readToEnd(batches: EventBatches, recorder: AnswerRecorder): Promise<void> {
	try {
		for (let read = await batches.next(); read !== undefined; read = await batches.next()) {
			const extending = recorder.reserve(read)
			if (extending !== undefined) await extending
			for (const { events } of read)
				for (const event of events) {
					recorder.observe(event)
					if (event.type === 'error') throw event.error
				}
		}
	} finally {
		await batches.cancel()
	}
}
