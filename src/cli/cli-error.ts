// A failure of a command that its user can correct. It is printed without a stack.

/** Exit status for an invalid configuration or model: a retry without a change cannot succeed. */
export const permanentFailureStatus = 78

export class CliError extends Error {
	override readonly name = 'CliError'
	readonly exitCode: number

	constructor(message: string, exitCode = 1) {
		super(message)
		this.exitCode = exitCode
	}
}
