// Turns the failure of a call on the embedded engine's process into the error for the caller.

import { ChatError, descriptorsCode } from '../../chat/error.ts'

/** A broken connection means that the process crashed. */
export function blameProcess(thrown: unknown): ChatError {
	if (!(thrown instanceof ChatError))
		return new ChatError('upstream-failed', 'The embedded engine stopped while generating the answer.', {
			cause: thrown,
			sent: 'yes',
		})
	if (thrown.code === descriptorsCode) return thrown
	if (thrown.kind === 'unavailable' || (thrown.kind === 'upstream-failed' && thrown.code === undefined))
		return new ChatError('upstream-failed', 'The embedded engine stopped while generating the answer.', {
			cause: thrown,
			sent: thrown.sent === 'nothing' ? 'maybe' : thrown.sent,
		})
	return thrown
}
