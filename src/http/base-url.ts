// The URL of a server that requests are sent to, parsed once: the address, the path prefix, and the query and
// credentials of every request. No part of the URL is ignored: a part that cannot be sent is reported to the operator.

export interface BaseUrl {
	/** Without the brackets of an IPv6 address. */
	readonly hostname: string
	readonly port: number
	readonly secure: boolean
	/** Value of the `host` header. */
	readonly host: string
	/** Prefix of every path, without a trailing slash. */
	readonly path: string
	/** Query of every request, without the question mark. */
	readonly query: string
	/** Value of the `authorization` header, if the URL has a user name or a password. */
	readonly authorization: string | undefined
	/** Texts that must not appear in a message: the password, and query values whose names suggest credentials. */
	readonly secrets: readonly string[]
}

/** @throws Error with a message that does not contain the URL. */
export function readBaseUrl(text: string): BaseUrl {
	const problem = baseUrlProblem(text)
	if (problem !== undefined) throw new Error(`the URL cannot be used: ${problem}`)
	const url = new URL(text)
	const secure = url.protocol === 'https:'
	const user = credentialsOf(url)
	return {
		hostname: url.hostname.replace(/^\[|\]$/g, ''),
		port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
		secure,
		host: url.host,
		path: url.pathname.replace(/\/+$/, ''),
		query: url.search.slice(1),
		authorization: user === undefined ? undefined : basic(user),
		secrets: [...(user === undefined ? [] : [user.password, url.password, basic(user)]), ...secretParameters(url)],
	}
}

/** Why requests cannot be sent below this URL; it contains no part of the URL. Undefined if they can. */
export function baseUrlProblem(text: string): string | undefined {
	if (!URL.canParse(text)) return 'it is not a URL'
	const url = new URL(text)
	if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'expected http:// or https://'
	if (text.includes('#')) return 'it has a fragment (#…), which is never sent; write a # in a path or a password as %23'
	if (url.port === '0') return 'port 0 cannot be connected to'
	try {
		if (credentialsOf(url)?.name.includes(':') === true) return 'a user name cannot contain a colon'
	} catch {
		return 'percent-encode reserved characters in the user name and password'
	}
	return undefined
}

export function isHttpUrl(text: string): boolean {
	return /^https?:\/\//i.test(text) && URL.canParse(text)
}

/** Whether the URL has a user name or a password. */
export function hasCredentials(text: string): boolean {
	if (!URL.canParse(text)) return false
	const { username, password } = new URL(text)
	return username !== '' || password !== ''
}

/**
 * Path and query of one request. A parameter of the path replaces the base's of the same name.
 *
 * @param path with a leading slash, and possibly a query; `/../` at its beginning replaces the last segment of the
 * base's path.
 */
export function requestTarget(base: Pick<BaseUrl, 'path' | 'query'>, path: string): string {
	const mark = path.indexOf('?')
	const own = mark === -1 ? path : path.slice(0, mark)
	const target = own.startsWith('/../') ? base.path.replace(/\/[^/]*$/, '') + own.slice(3) : base.path + own
	const query = mark === -1 ? base.query : mergeQueries(base.query, path.slice(mark + 1))
	return query === '' ? target : `${target}?${query}`
}

function mergeQueries(base: string, own: string): string {
	if (base === '' || own === '') return base + own
	const nameOf = (pair: string) => pair.split('=', 1)[0] ?? ''
	const names = new Set(own.split('&').map(nameOf))
	return [...base.split('&').filter((pair) => !names.has(nameOf(pair))), own].join('&')
}

interface Credentials {
	readonly name: string
	readonly password: string
}

/** @throws URIError if they are not percent-encoded UTF-8. */
function credentialsOf({ username, password }: URL): Credentials | undefined {
	if (username === '' && password === '') return undefined
	return { name: decodeURIComponent(username), password: decodeURIComponent(password) }
}

/** RFC 7617. */
function basic({ name, password }: Credentials): string {
	return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
}

const secretName = /key|token|secret|password|passwd|sig|auth|credential/i

function secretParameters({ searchParams }: URL): readonly string[] {
	return [...searchParams].filter(([name]) => secretName.test(name)).map(([, value]) => value)
}
