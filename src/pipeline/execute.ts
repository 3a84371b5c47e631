// Executes an admitted call: gets an answer from an upstream and passes it to the writer of the response. Every call is
// settled once: here, or by the stream that its answer becomes.

import { asChatError, type ChatError } from '../chat/error.ts'
import type { Admitted } from './admit.ts'
import type { Answer } from './answer.ts'
import { AnswerRecorder } from './answer-recorder.ts'
import { answerChat } from './chat-answer.ts'
import { answerDetached, isDetached } from './detached.ts'
import type { Serving } from './serving.ts'
import { answerUnaryOperation } from './unary-operation.ts'

/** @throws ChatError if no upstream began to answer, or a unary answer failed. */
export async function execute(admitted: Admitted, serving: Serving): Promise<Answer> {
	const recorder = new AnswerRecorder(admitted, serving)
	let failure: ChatError | undefined
	try {
		const writable = admitted.ticket?.writable
		if (writable !== undefined) await writable
		const answer = await answerCall(admitted, recorder, serving)
		const { reservation } = admitted
		return reservation === undefined ? answer : { ...answer, limits: reservation.limits }
	} catch (thrown) {
		failure = asChatError(thrown)
		throw failure
	} finally {
		if (recorder.endsWithExecution) serving.backgroundTasks.add(recorder.settle(failure), 'recording the end of a call')
	}
}

function answerCall(admitted: Admitted, recorder: AnswerRecorder, serving: Serving): Promise<Answer> {
	const { call } = admitted
	switch (call.type) {
		case 'chat':
		case 'complete': {
			const streamed = { ...admitted, call }
			const answer = isDetached(streamed, serving) ? answerDetached : answerChat
			return answer(streamed, recorder, serving)
		}
		case 'embed':
		case 'rerank':
		case 'transcribe':
		case 'tokenize':
		case 'detokenize':
		case 'count':
			return answerUnaryOperation({ ...admitted, call }, recorder, serving)
	}
}
