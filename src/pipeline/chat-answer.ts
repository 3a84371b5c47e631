// Answers of chats and text completions while their client is connected: unary, or as a stream.

import type { EventBatches } from '../engines/answer.ts'
import type { Admitted } from './admit.ts'
import { type Answer, headersOf, responseContextOf, writeNote } from './answer.ts'
import type { AnswerRecorder } from './answer-recorder.ts'
import { beginAnswer } from './answer-start.ts'
import { WrittenChunks } from './delivery.ts'
import { isLongCompletion, writeJsonInSteps } from './json-answer.ts'
import type { StreamedCall } from './plan.ts'
import { withQueueNotes } from './queue-notes.ts'
import type { Serving } from './serving.ts'
import { asStorageError } from './storage-error.ts'
import { startStream } from './stream-start.ts'

/**
 * The answer is cancelled when its client disconnects.
 * @throws ChatError if no upstream began to answer, or a unary answer failed.
 */
export async function answerChat(
	admitted: Admitted<StreamedCall>,
	recorder: AnswerRecorder,
	serving: Serving,
): Promise<Answer> {
	const { call, received, turns } = admitted
	if (call.stream) {
		const { batches, dropped, isEarly } = await startStream(admitted, received.signal, recorder, serving)
		recorder.stream()
		const writer = call.writer.stream(responseContextOf(admitted, serving, () => recorder.dropped))
		const { backgroundTasks } = serving
		const note = isEarly ? () => writeNote(dropped()) : undefined
		const open = (ended: (disconnected: boolean) => void) =>
			new WrittenChunks({ batches, writer, recorder, backgroundTasks, note, ended })
		return {
			type: 'stream',
			headers: headersOf(admitted, isEarly ? [] : dropped()),
			isEarly,
			open: isEarly ? (ended) => withQueueNotes(open(ended), admitted.token, admitted.target, serving) : open,
		}
	}
	const { answer, dropped } = await beginAnswer(admitted, received.signal, recorder, serving)
	const nowMs = serving.clock.now()
	const context = responseContextOf(admitted, serving, () => recorder.dropped, nowMs)
	try {
		if (answer.type === 'unary') recorder.observeUnary(answer.completion, nowMs)
		else await readToEnd(answer.batches, recorder)
		const completion = await recorder.completion()
		const source = answer.type === 'unary' && !recorder.replacesUsage ? answer.source : undefined
		const write = () => call.writer.completion(completion, context, source)
		const body = isLongCompletion(completion) ? await turns.run(writeJsonInSteps(write)) : write()
		await recorder.settle()
		const unsupported = call.writer.unsupportedParts?.(completion) ?? []
		return { type: 'json', headers: headersOf(admitted, [...dropped, ...unsupported]), body }
	} catch (thrown) {
		throw asStorageError(thrown)
	}
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
