// Causes of failures that quote text of an upstream or a client, which may repeat a prompt. The log has their summary
// only, unless the operator enables the level `debug`.

export class QuotingError extends Error {
	override readonly name = 'QuotingError'
	/** Without any quoted text. */
	readonly summary: string

	/** @param quoted text of another program, without secrets. */
	constructor(summary: string, quoted: string) {
		super(quoted === '' ? summary : `${summary}: ${quoted}`)
		this.summary = summary
	}
}

/** Names of errors whose messages are written by this program or the system, and quote nothing. */
const plainErrors: ReadonlySet<string> = new Set([
	'Error',
	'TypeError',
	'RangeError',
	'ChatError',
	'HttpFailure',
	'MessageSyntaxError',
	'EventTooLong',
	'UnavailableError',
	'DatabaseError',
	'OperatorError',
	'WeightsError',
	'AbortError',
	'TimeoutError',
])

/** What a cause means, without any text that it quotes from a request or a response. */
export function summarize(cause: unknown): string {
	if (!(cause instanceof Error)) return 'unknown error'
	if (cause instanceof QuotingError) return cause.summary
	return plainErrors.has(cause.name) || hasCode(cause) ? cause.message : cause.name
}

/** Errors of the system and of databases. */
function hasCode(cause: Error): boolean {
	return 'code' in cause && typeof cause.code === 'string'
}

/**
 * The same error for the log, with its stack. An error that may quote text has only its summary as its message, as have
 * its causes.
 */
export function withoutQuotes(thrown: unknown): unknown {
	if (!(thrown instanceof Error)) return new Error('A value that is not an error was thrown.')
	const summary = summarize(thrown)
	const cause = thrown.cause === undefined ? undefined : withoutQuotes(thrown.cause)
	if (summary === thrown.message && cause === thrown.cause) return thrown
	const safe = new Error(summary, cause === undefined ? undefined : { cause })
	safe.name = thrown.name
	safe.stack = `${thrown.name}: ${summary}\n${framesOf(thrown.stack ?? '')}`
	return safe
}

/** The frames of a stack, without the message above them. */
function framesOf(stack: string): string {
	return stack
		.split('\n')
		.filter((line) => /^\s+at /.test(line))
		.join('\n')
}
