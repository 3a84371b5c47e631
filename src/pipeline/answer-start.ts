// The start of an answer: dispatches the call, and waits until everything that must be durable before the first byte is
// on disk. Shared by all answers of chats and text completions.

import type { EngineAnswer } from '../engines/answer.ts'
import { emptyAnswer } from '../engines/empty-answer.ts'
import type { Engine, EngineCall } from '../engines/engine.ts'
import { type Admitted, isUnary } from './admit.ts'
import type { AnswerRecorder } from './answer-recorder.ts'
import { dispatch } from './dispatch.ts'
import type { StreamedCall } from './plan.ts'
import type { Serving } from './serving.ts'

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
	const { call, turn, observer } = admitted
	if (turn?.isStoredFirst === true) await turn.begin()
	// Written concurrently with the upstream request.
	else void turn?.begin()
	const unary = isUnary(call)
	const send = async (engine: Engine, engineCall: EngineCall, maxTokens?: number) => {
		if (call.type === 'complete') return engine.complete(limited(call.request, maxTokens), engineCall)
		if (call.promptOnly === true && engine.prefills !== true) return emptyAnswer(unary)
		return engine.chat(limited(call.request, maxTokens), engineCall)
	}
	const { result, upstream, lease, dropped } = await dispatch(admitted, { signal, unary, send }, serving)
	try {
		await opening(admitted)
	} catch (thrown) {
		lease.end()
		if (result.type === 'stream') await result.batches.cancel()
		throw thrown
	}
	const omitted = [...(call.dropped ?? []), ...dropped]
	recorder.begin({ upstream, lease, dropped: omitted })
	if (omitted.length > 0) observer.observe({ type: 'dropped', parts: omitted })
	return { answer: result, dropped }
}

/** The same request with at most `maxTokens` of output. */
function limited<Request extends { readonly maxTokens?: number }>(request: Request, maxTokens?: number): Request {
	if (maxTokens === undefined) return request
	return { ...request, maxTokens: Math.min(request.maxTokens ?? maxTokens, maxTokens) }
}

/**
 * What must be on disk before the first byte is sent. A unary response waits for the end of the call in any case, which
 * includes the opening of the ticket.
 */
export function opening({ call, ticket, turn }: Admitted): Promise<unknown> | undefined {
	const opened = isUnary(call) ? undefined : ticket?.opened
	return turn === undefined ? opened : Promise.all([opened, turn.begin()])
}
