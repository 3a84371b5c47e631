// Splits the URL of a PostgreSQL database from the parameters in it that are addressed to this program.

export interface PostgresAddress {
	/** Without the parameters of this program. */
	readonly url: string
	/** Whether statements are prepared by name. Undefined if the program decides. */
	readonly prepare: boolean | undefined
}

/** The form of a URL, for messages. */
export const addressForm = 'postgres://USER:PASSWORD@HOST/NAME'

/** Why the parameters of the URL cannot be used; it contains no part of the URL. Undefined if they can. */
export function parametersProblem(address: string): string | undefined {
	const { searchParams } = new URL(address)
	const misplaced = ['user', 'password'].find((name) => searchParams.has(name))
	if (misplaced !== undefined)
		return `the ${misplaced} is not a parameter: write it before the host, as in ${addressForm}`
	const prepare = searchParams.get('prepare')
	return prepare === null || prepare === 'true' || prepare === 'false'
		? undefined
		: 'the parameter `prepare` must be true or false'
}

/** @param address a URL that `databaseUrlProblem` accepts. */
export function parsePostgresAddress(address: string): PostgresAddress {
	const [base = '', query] = address.split('?', 2)
	if (query === undefined) return { url: address, prepare: undefined }
	const parameters = query.split('&')
	const rest = parameters.filter((parameter) => !parameter.startsWith('prepare='))
	const own = parameters.find((parameter) => parameter.startsWith('prepare='))
	return {
		url: rest.length === 0 ? base : `${base}?${rest.join('&')}`,
		prepare: own === undefined ? undefined : own === 'prepare=true',
	}
}
