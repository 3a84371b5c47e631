// The configuration cannot be used.

/** Wrong in a way that the operator can mend. Its message has a line for each complaint: `file:line: field: complaint`. */
export class ConfigError extends Error {
	override readonly name = 'ConfigError'
	/** Absolute paths of the files that secrets should come from: once one of them changes, another try may succeed. */
	readonly secretFiles: readonly string[]

	constructor(
		message: string,
		{ secretFiles = [], ...options }: ErrorOptions & { readonly secretFiles?: readonly string[] } = {},
	) {
		super(message, options)
		this.secretFiles = secretFiles
	}
}
