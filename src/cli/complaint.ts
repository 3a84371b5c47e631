// A failure of a command that its user can mend: printed without a stack.

export class Complaint extends Error {
	override readonly name = 'Complaint'
	readonly exitCode: number

	constructor(message: string, exitCode = 1) {
		super(message)
		this.exitCode = exitCode
	}
}
