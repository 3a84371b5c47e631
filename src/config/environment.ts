// The part of the configuration that comes from the environment. The only reader of `process.env`.

export type Environment = Readonly<Record<string, string | undefined>>

export function processEnvironment(): Environment {
	return process.env
}

/** A value from outside the file, with its origin: `--listen` or `DRAGOMAN_LISTEN`. */
export interface ConfigOverride {
	readonly value: string
	readonly origin: string
}

/** Fields of the file that can be set by a variable. */
const variables = { listen: 'DRAGOMAN_LISTEN', data: 'DRAGOMAN_DATA', adminKey: 'DRAGOMAN_ADMIN_KEY' } as const

export const fileVariable = 'DRAGOMAN_CONFIG'

/** Variables of the commands that call a running server. */
export const clientVariables = { url: 'DRAGOMAN_URL', key: 'DRAGOMAN_API_KEY' } as const

/** Every variable that this program reads. */
export const knownVariables: readonly string[] = [
	fileVariable,
	...Object.values(variables),
	...Object.values(clientVariables),
]

/** The server that commands call, and their API key. */
export function readClientEnvironment(environment: Environment): {
	readonly url: string | undefined
	readonly key: string | undefined
} {
	const read = (name: string) => {
		const value = environment[name]
		return isSet(value) ? value.trim() : undefined
	}
	return { url: read(clientVariables.url), key: read(clientVariables.key) }
}

export interface EnvironmentConfig {
	/** `DRAGOMAN_CONFIG`: a YAML file. */
	readonly file: string | undefined
	/** By the field's name in the file. */
	readonly overrides: Readonly<Record<string, ConfigOverride>>
}

export function readEnvironment(environment: Environment): EnvironmentConfig {
	const overrides = Object.entries(variables).flatMap(([field, origin]) => {
		const value = environment[origin]
		return isSet(value) ? [[field, { value, origin }] as const] : []
	})
	const file = environment[fileVariable]
	return { file: isSet(file) ? file : undefined, overrides: Object.fromEntries(overrides) }
}

/** An empty variable counts as not set. */
function isSet(value: string | undefined): value is string {
	return value !== undefined && value.trim() !== ''
}
