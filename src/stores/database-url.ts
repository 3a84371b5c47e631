// Checks the URL of a database, which may contain a password: whether it is unambiguous, and which parts may be shown.

/** The remedy for a user name or a password that makes a URL ambiguous. */
export const encodingHint =
	'percent-encode reserved characters in the user name and password (/ is %2F, # is %23, ? is %3F, @ is %40, % is %25)'

/**
 * Why the URL cannot be used; it contains no part of the URL. Undefined if it can.
 *
 * An unencoded `/`, `?` or `#` in a password ends the host early, so that the client would connect to the wrong host.
 */
export function databaseUrlProblem(url: string): string | undefined {
	const [, authority = '', rest = ''] = /^\w+:\/\/([^/?#]*)(.*)$/s.exec(url) ?? []
	if (rest.includes('#') || rest.includes('@')) return encodingHint
	if (!URL.canParse(url) || /%(?![0-9a-f]{2})/i.test(authority)) return `the URL cannot be read: ${encodingHint}`
	// The parser of URLs removes them without an error.
	if (/[\t\r\n]/.test(url)) return `the URL contains a line break or a tab: ${encodingHint}`
	const { username, password } = new URL(url)
	try {
		decodeURIComponent(username + password)
		return undefined
	} catch {
		return `the URL cannot be read: ${encodingHint}`
	}
}

/**
 * Host, port and name of the database. Undefined for a URL with more than one `@`, because part of the password may
 * look like the host.
 */
export function databaseLocation(url: string): string | undefined {
	if (databaseUrlProblem(url) !== undefined || url.split('@').length > 2) return undefined
	const { host, pathname } = new URL(url)
	return `${host}${pathname}`
}

/** The password of the URL, as written and decoded, and those among its parameters, such as `sslpassword`. */
export function databaseSecrets(url: string): readonly string[] {
	if (databaseUrlProblem(url) !== undefined) return []
	const { password, searchParams } = new URL(url)
	const parameters = [...searchParams].filter(([name]) => /password/i.test(name)).map(([, value]) => value)
	return [password, decodeURIComponent(password), ...parameters]
}
