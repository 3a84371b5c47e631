// The error of an invalid configuration.

/** An error that the operator can correct. Its message has one line for each problem: `file:line: field: message`. */
export class ConfigError extends Error {
	override readonly name = 'ConfigError'
	/** Absolute paths of the files of the secrets. After one of them changes, a retry may succeed. */
	readonly secretFiles: readonly string[]

	constructor(
		message: string,
		{ secretFiles = [], ...options }: ErrorOptions & { readonly secretFiles?: readonly string[] } = {},
	) {
		super(message, options)
		this.secretFiles = secretFiles
	}
}
