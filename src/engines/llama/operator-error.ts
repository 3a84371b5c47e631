// A failure that only the operator can fix, in two parts: what is wrong, and what to do. Both may contain paths, so
// clients see the first part as filtered by system/public-text.ts.

import { hideCredentials } from '../../system/redaction.ts'

export class OperatorError extends Error {
	override readonly name = 'OperatorError'
	/** What to do. */
	readonly hint: string

	constructor(reason: string, hint = '') {
		super(hideCredentials(reason))
		this.hint = hideCredentials(hint)
	}
}

/** Both parts, for the log. */
export function operatorReason(thrown: unknown): string {
	if (thrown instanceof OperatorError && thrown.hint !== '') return `${thrown.message}; ${thrown.hint}`
	return thrown instanceof Error ? thrown.message : String(thrown)
}
