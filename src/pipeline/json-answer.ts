// A long body of a response, written as JSON in steps. It does not know what the body is.

import type { Completion } from '../chat/completion.ts'
import { encodeJsonInSteps } from '../chat/json-text.ts'
import { TextBody, WrittenJson } from '../dialects/writer.ts'
import { resumable } from '../system/resumable.ts'

/** @param write returns the body. */
export function* writeJsonInSteps(write: () => unknown): Generator<undefined, unknown, undefined> {
	const body = yield* resumable(write)
	if (body === undefined || body instanceof TextBody) return body
	return new WrittenJson(yield* encodeJsonInSteps(body))
}

/** Log-probabilities and parts of an answer that are written in steps: fewer take a few milliseconds. */
const manyValues = 4096

/** Whether an answer is written in steps. */
export function isLongCompletion({ choices }: Completion): boolean {
	let values = 0
	for (const { parts, logprobs = [] } of choices) {
		values += parts.length
		for (const { top } of logprobs) values += 1 + top.length
	}
	return values > manyValues
}
