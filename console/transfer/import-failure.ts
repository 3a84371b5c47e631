// Why a file cannot be imported. The page has a sentence for each reason.

export type ImportFailureReason = 'too-large' | 'not-json' | 'no-conversations' | 'damaged-zip' | 'unknown-format'

export class ImportFailure extends Error {
	readonly reason: ImportFailureReason

	constructor(reason: ImportFailureReason, cause?: unknown) {
		super(reason, { cause })
		this.reason = reason
	}
}
