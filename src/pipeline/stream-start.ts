// The start of a streamed answer. Its response is committed (status 200 and headers) when an upstream began to answer,
// or early: when that takes longer than the quiet timeout, so that the client and the proxies in between get heartbeats
// while the call waits for a permit, for another attempt, or for the first token.
//
//   waiting ── an upstream began ──▶ started     200 with all headers
//      ├────── failed ─────────────▶             thrown: the status of the error
//      └────── quiet timeout, and the opening of the call is on disk
//              ▼
//           early ──── an upstream began ──▶ started     its events follow the heartbeats
//              ├────── failed ─────────────▶             an error event, or a cut
//              └────── cancelled ──────────▶             the call is aborted: the client disconnected, or the server stops
//
// Fail-over continues in both states. The opening (the ticket and the turn) must be on disk in any case, so that a
// conflict of turns is always a status.

import { batchesOf, type EventBatch, type EventBatches } from '../engines/answer.ts'
import { cancelled } from '../engines/running-calls.ts'
import type { SharedTimeout } from '../system/shared-timeout.ts'
import type { Admitted } from './admit.ts'
import type { AnswerRecorder } from './answer-recorder.ts'
import { beginAnswer, opening, type StartedAnswer } from './answer-start.ts'
import type { StreamedCall } from './plan.ts'
import type { Serving } from './serving.ts'

export interface StreamStart {
	readonly batches: EventBatches
	/** The response is committed before an upstream began to answer. */
	readonly isEarly: boolean
	/** Parts of the request that the upstream's wire format cannot express; empty until it began to answer. */
	readonly dropped: () => readonly string[]
}

/**
 * Resolves when the response can be committed. Dialects without heartbeats wait for the upstream: without bytes to send,
 * an early commitment would only replace the status of a failure.
 *
 * @throws ChatError if no upstream began to answer in time, or a write failed.
 */
export async function startStream(
	admitted: Admitted<StreamedCall>,
	signal: AbortSignal,
	recorder: AnswerRecorder,
	serving: Serving,
): Promise<StreamStart> {
	const { quietTimeout, backgroundTasks } = serving
	if (quietTimeout === undefined || admitted.target.dialect.heartbeat === '') {
		const { answer, dropped } = await beginAnswer(admitted, signal, recorder, serving)
		return { batches: batchesOf(answer), isEarly: false, dropped: () => dropped }
	}
	const controller = new AbortController()
	const abort = () => controller.abort(signal.reason)
	if (signal.aborted) abort()
	else signal.addEventListener('abort', abort, { once: true })
	const starting = beginAnswer(admitted, controller.signal, recorder, serving)
	const started = await endsWithin(starting, quietTimeout)
	if (started !== undefined)
		return { batches: batchesOf(started.answer), isEarly: false, dropped: () => started.dropped }
	const batches = new PendingBatches(starting, controller)
	try {
		await opening(admitted)
	} catch (thrown) {
		backgroundTasks.add(batches.cancel(), 'ending an upstream')
		throw thrown
	}
	return { batches, isEarly: true, dropped: () => batches.dropped }
}

/** The batches of an answer that no upstream has begun yet. */
class PendingBatches implements EventBatches {
	private readonly starting: Promise<StartedAnswer>
	private readonly controller: AbortController
	private batches: EventBatches | undefined
	/** Parts of the request that the upstream's wire format cannot express; empty until it began to answer. */
	dropped: readonly string[] = []

	/** @param controller aborts the start. */
	constructor(starting: Promise<StartedAnswer>, controller: AbortController) {
		this.starting = starting
		this.controller = controller
	}

	/** @throws ChatError if no upstream began to answer. */
	async next(): Promise<readonly EventBatch[] | undefined> {
		if (this.batches === undefined) {
			const { answer, dropped } = await this.starting
			this.batches ??= batchesOf(answer)
			this.dropped = dropped
		}
		return this.batches.next()
	}

	async cancel(): Promise<void> {
		if (this.batches === undefined) {
			this.controller.abort(cancelled('maybe'))
			const started = await this.starting.catch(() => undefined)
			if (started === undefined) return
			this.batches ??= batchesOf(started.answer)
		}
		await this.batches.cancel()
	}
}

/** @returns undefined if it takes longer. @throws what `work` throws before. */
function endsWithin<Result>(work: Promise<Result>, timeout: SharedTimeout): Promise<Result | undefined> {
	return new Promise((resolve, reject) => {
		const end = timeout.start(() => resolve(undefined))
		work.then(
			(result) => {
				end()
				resolve(result)
			},
			(thrown: unknown) => {
				end()
				reject(thrown)
			},
		)
	})
}
