// A failure of a command that its user can mend: printed without a stack.

/** Exit status for a configuration or a model that can never work: another start without a change is of no use. */
export const hopelessStatus = 78

export class Complaint extends Error {
	override readonly name = 'Complaint'
	readonly exitCode: number

	constructor(message: string, exitCode = 1) {
		super(message)
		this.exitCode = exitCode
	}
}
