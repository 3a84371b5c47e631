// The result of one check by `dragoman doctor`, as text and in JSON.

export interface Diagnosis {
	/** What was checked, such as `database`. */
	readonly check: string
	/** `failed`: the server cannot work, or not completely. `skipped`: there is nothing to check. */
	readonly status: 'ok' | 'warning' | 'failed' | 'skipped'
	/** One line without secrets. */
	readonly message: string
	/** What the operator can do about a warning or a failure: one line. */
	readonly remedy?: string | undefined
}

const marks: Readonly<Record<Diagnosis['status'], string>> = {
	ok: 'ok',
	warning: 'WARN',
	failed: 'FAIL',
	skipped: '-',
}

const checkCells = 15

/** One line. */
export function writeDiagnosis({ check, status, message, remedy }: Diagnosis): string {
	const cause = remedy === undefined ? message : `${message.replace(/\.$/, '')}. ${remedy}`
	return `${marks[status].padEnd(5)} ${check.padEnd(checkCells)} ${cause}`
}
