// The limits on tool calls in answers, and the errors for calls that break them. They are the same for every wire.

import { ChatError } from '../../chat/error.ts'

/** Maximum number of calls in one choice. */
export const maxCalls = 1000
/** Maximum length of the arguments of a call, in characters. */
export const maxArgumentsLength = 8_388_608

/** The error for calls that exceed a limit. */
export function callsTooLarge(): ChatError {
	return new ChatError('upstream-failed', "The model's tool calls exceeded the size limit.", { sent: 'yes' })
}

/** The error for a call without a name. */
export function unnamedCall(): ChatError {
	return new ChatError('upstream-failed', 'The model called a tool without naming it.', { sent: 'yes' })
}
