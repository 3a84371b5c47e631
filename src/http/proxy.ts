// The address of an HTTP proxy that requests to upstreams go through, with its credentials. It does not know which
// upstreams use it.

import { baseUrlProblem, readBaseUrl } from './base-url.ts'

export interface HttpProxy {
	/** With credentials. */
	readonly url: string
	/** Without the brackets of an IPv6 address. */
	readonly hostname: string
	readonly port: number
	/** Value of the `proxy-authorization` header, if the URL has a user name or a password. */
	readonly authorization: string | undefined
	/** The URL without credentials, for messages. */
	readonly label: string
	/** Texts that must not appear in a message. */
	readonly secrets: readonly string[]
}

/** @throws Error with a message that does not contain the URL. */
export function readProxy(url: string): HttpProxy {
	const problem = proxyProblem(url)
	if (problem !== undefined) throw new Error(`the proxy cannot be used: ${problem}`)
	const { hostname, port, host, authorization, secrets } = readBaseUrl(url)
	return { url, hostname, port, authorization, label: `http://${host}`, secrets }
}

/** Why a URL cannot be the address of a proxy; it contains no part of the URL. Undefined if it can. */
export function proxyProblem(url: string): string | undefined {
	const scheme = /^([a-z][\w+.-]*):\/\//i.exec(url)?.[1]?.toLowerCase()
	if (scheme === undefined) return 'it is not a URL, such as http://proxy.example.org:3128'
	if (scheme === 'https')
		return 'TLS to the proxy itself is not supported, because TLS to the upstream cannot run inside it: use its http:// address; TLS to the upstream still protects the content'
	if (scheme !== 'http')
		return `${scheme}:// is not supported: use an HTTP proxy, such as http://proxy.example.org:3128`
	const problem = baseUrlProblem(url)
	if (problem !== undefined) return problem
	const { pathname, search } = new URL(url)
	return pathname !== '/' || search !== '' ? 'a proxy has no path and no query: remove them' : undefined
}
