// The size of an answer that is in memory until its end, and the sample of one that is only counted.

import { ChatError } from './error.ts'
import type { StartedPart, TokenLogprob } from './event.ts'

/** Whether its content arrives in deltas. */
export function isTextual({ type }: StartedPart): boolean {
	return type === 'text' || type === 'reasoning' || type === 'refusal' || type === 'tool-call'
}

/** The same part without what is not counted. */
export function sampleOf(part: StartedPart): StartedPart {
	switch (part.type) {
		case 'text':
		case 'reasoning':
		case 'refusal':
			return { type: part.type }
		case 'tool-call': {
			const { type, kind, id, name } = part
			return { type, kind, id, name }
		}
		case 'image':
		case 'audio':
		case 'provider-item':
			return { type: 'text' }
		default:
			return part satisfies never
	}
}

/** The error of an answer that exceeds its maximum size. */
export function answerTooLarge(maxBytes: number): ChatError {
	return new ChatError(
		'invalid-request',
		`The answer exceeds the maximum size of ${maxBytes} bytes. Request fewer tokens, choices or log-probabilities.`,
		{ code: 'answer_too_large', sent: 'yes' },
	)
}

/** About the size of their JSON, in bytes. */
export function sizeOfLogprobs(logprobs: readonly TokenLogprob[]): number {
	let bytes = 0
	for (const one of logprobs) {
		bytes += sizeOfLogprob(one)
		for (const other of one.top) bytes += sizeOfLogprob(other)
	}
	return bytes
}

/** Names of fields and a number; up to four characters for each byte in the list of bytes. */
const [logprobBytes, bytesPerByte] = [60, 5]

function sizeOfLogprob({ token }: Pick<TokenLogprob, 'token'>): number {
	return logprobBytes + token.length * bytesPerByte
}
