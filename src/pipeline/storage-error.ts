// The error of an answer whose end could not be stored.

import { asChatError, ChatError } from '../chat/error.ts'

/** The error for a failure to store the end of an answer: the caller must not assume that the answer is stored. */
export function asStorageError(thrown: unknown): ChatError {
	const error = asChatError(thrown)
	return error.kind === 'internal'
		? new ChatError('unavailable', 'The answer could not be stored.', { cause: error.cause, sent: 'yes', local: true })
		: error
}
