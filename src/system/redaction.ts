// Removes secrets from texts: for every message and log line that may contain a URL or a credential.

/** Shorter texts are not treated as secrets, because they would match everywhere. */
const shortestSecret = 6

/**
 * Replaces user names and passwords in all URLs of a text: everything between `//` and the last `@` before whitespace,
 * so that unencoded reserved characters in a password do not reveal the rest of it.
 */
export function hideCredentials(text: string): string {
	return text.replace(/(\w+:\/\/)[^\s'"]*@/g, '$1***@')
}

/**
 * Removes user name and password from one well-formed URL. Only the part before the host is changed, so that other URLs
 * stay distinct.
 */
export function removeCredentials(url: string): string {
	return url.replace(/^(https?:\/\/)[^/?#]*@/i, '$1')
}

/**
 * Hides the parts of a URL that may be secret: everything before the last `@`, and the query. The URL may lack a scheme
 * or be malformed.
 */
export function hideUrlSecrets(url: string): string {
	return url.replace(/^([a-z][\w+.-]*:\/\/)?.*@/is, '$1***@').replace(/\?.+$/s, '?***')
}

/**
 * Returns a function that replaces each of `secrets`, of at least 6 characters and without the scheme of an
 * authorization header. Longer ones are replaced first, because they may contain others.
 */
export function redactorOf(secrets: readonly string[]): (text: string) => string {
	const bare = secrets
		.map((secret) => secret.replace(/^(bearer|basic)\s+/i, ''))
		.filter(({ length }) => length >= shortestSecret)
		.sort((a, b) => b.length - a.length)
	return (text) => bare.reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
}
