// A failure of a command that its user can correct. It is printed without a stack.

/** Exit status for an invalid configuration or model: a retry without a change cannot succeed. */
export const permanentFailureStatus = 78

export class CliError extends Error {
	override readonly name = 'CliError'
	readonly exitCode: number
	/** Lines that are printed after the message. */
	readonly details: readonly string[]

	/** @param message one line. */
	constructor(message: string, exitCode = 1, details: readonly string[] = []) {
		super(message)
		this.details = details
		this.exitCode = exitCode
	}
}
