// Texts without the secrets in them: for every message and log line that may repeat a URL or a credential.

/** Shorter texts are no secrets, and would be found everywhere. */
const shortestSecret = 6

/**
 * Replaces user names and passwords in all URLs of a text: everything between `//` and the last `@` before a blank, so that reserved
 * characters in a password that were not percent-encoded do not reveal the rest of it.
 */
export function hideCredentials(text: string): string {
	return text.replace(/(\w+:\/\/)[^\s'"]*@/g, '$1***@')
}

/**
 * Hides what may be secret in a text that is one URL, with or without a scheme, and possibly malformed: everything before the last `@`, and
 * the query.
 */
export function hideUrlSecrets(url: string): string {
	return url.replace(/^([a-z][\w+.-]*:\/\/)?.*@/is, '$1***@').replace(/\?.+$/s, '?***')
}

/**
 * A function that replaces each of `secrets`, of at least 6 characters and without the scheme of an authorization header; longer ones
 * first, as they may contain others.
 */
export function redactorOf(secrets: readonly string[]): (text: string) => string {
	const bare = secrets
		.map((secret) => secret.replace(/^(bearer|basic)\s+/i, ''))
		.filter(({ length }) => length >= shortestSecret)
		.sort((a, b) => b.length - a.length)
	return (text) => bare.reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
}
