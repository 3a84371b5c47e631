// What the environment says of the configuration. The only reader of `process.env`.

export type Environment = Readonly<Record<string, string | undefined>>

export function processEnvironment(): Environment {
	return process.env
}

export interface EnvironmentConfig {
	/** `DRAGOMAN_CONFIG`: a YAML file. */
	readonly file: string | undefined
	/** `DRAGOMAN_LISTEN`, `DRAGOMAN_DATA` and `DRAGOMAN_ADMIN_KEY`, under their names in the file. */
	readonly overrides: { readonly listen?: string; readonly data?: string; readonly adminKey?: string }
}

export function readEnvironment(environment: Environment): EnvironmentConfig {
	const overrides: { listen?: string; data?: string; adminKey?: string } = {}
	if (isSet(environment.DRAGOMAN_LISTEN)) overrides.listen = environment.DRAGOMAN_LISTEN
	if (isSet(environment.DRAGOMAN_DATA)) overrides.data = environment.DRAGOMAN_DATA
	if (isSet(environment.DRAGOMAN_ADMIN_KEY)) overrides.adminKey = environment.DRAGOMAN_ADMIN_KEY
	return { file: isSet(environment.DRAGOMAN_CONFIG) ? environment.DRAGOMAN_CONFIG : undefined, overrides }
}

/** An empty variable is none. */
function isSet(value: string | undefined): value is string {
	return value !== undefined && value !== ''
}
