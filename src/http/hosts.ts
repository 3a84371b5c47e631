// Checks the Host header. A web page on a foreign name that resolves to this machine (DNS rebinding) must not read what
// is served without a key; and an operator may restrict the host names of the server.

import { ChatError } from '../chat/error.ts'
import { canonicalAddress } from './addresses.ts'
import type { RemoteClient } from './remote-client.ts'
import type { RequestHeaders } from './request-headers.ts'

export interface HostRules {
	/**
	 * Permitted names; a leading `*.` matches any subdomain. If absent, every name is permitted except to browsers on
	 * loopback.
	 */
	readonly hosts?: readonly string[] | undefined
	/** `host:port` or the path of a Unix socket. */
	readonly listen: string
}

/** The parts of a request that the check reads. */
export interface HostHeaders {
	readonly path: string
	readonly headers: RequestHeaders
	readonly client: RemoteClient
}

/**
 * @param isOpen whether the request is answered without a key.
 * @returns why the request is refused with 400, if it is.
 */
export type HostCheck = (request: HostHeaders, isOpen: () => boolean) => ChatError | undefined

export function hostCheck({ hosts, listen }: HostRules): HostCheck {
	const listenHost = splitHost(listen)
	const permitted = hosts === undefined ? undefined : new NameSet(hosts)
	const onLoopback = listenHost !== undefined && isLoopback(listenHost)
	const isOwn = (name: string) => isLoopback(name) || name === listenHost
	/** Cache: most requests have the same Host. The last header that is permitted for all clients. */
	let lastPermitted: string | undefined
	return (request, isOpen) => {
		const header = request.headers.get('host')
		if (header !== null && header === lastPermitted) return undefined
		if (header === null) return permitted === undefined ? undefined : missing(request)
		const name = splitHost(header)
		if (name === undefined)
			return refusal(`The Host header ${quoted(header)} is not a host name with an optional port.`)
		if (isOwn(name) || permitted?.has(name) === true) {
			lastPermitted = header
			return undefined
		}
		if (permitted !== undefined) {
			if (isProbe(request) && isAddress(name)) return undefined
			return refusal(
				`The host ${quoted(name)} is not in \`server.hosts\`: add it there if it is a name of this server.`,
			)
		}
		if (!onLoopback || isAddress(name)) {
			lastPermitted = header
			return undefined
		}
		if (!isFromBrowser(request, isOpen) || request.client.isProxied) return undefined
		return refusal(
			`The host ${quoted(name)} is not a name of this machine, and the request is a browser's: add the name to \`server.hosts\`, or the proxy in front to \`server.trustedProxies\`.`,
		)
	}
}

/** What a `server.hosts` entry must look like. */
export function isHostPattern(text: string): boolean {
	if (literalAddress(text) !== undefined) return true
	const name = text.replace(/^\*\./, '')
	return !name.includes(':') && splitHost(name) !== undefined
}

class NameSet {
	private readonly exact: ReadonlySet<string>
	private readonly suffixes: readonly string[]

	constructor(patterns: readonly string[]) {
		const lower = patterns.map((pattern) => pattern.toLowerCase())
		this.exact = new Set(
			lower
				.filter((pattern) => !pattern.startsWith('*.'))
				.map((name) => literalAddress(name) ?? splitHost(name) ?? name),
		)
		this.suffixes = lower.filter((pattern) => pattern.startsWith('*.')).map((pattern) => pattern.slice(1))
	}

	has(name: string): boolean {
		return this.exact.has(name) || this.suffixes.some((suffix) => name.endsWith(suffix) && name.length > suffix.length)
	}
}

/**
 * The name or address of `host[:port]` in lower case, without brackets and without a final dot; undefined if it is
 * malformed.
 */
export function splitHost(host: string): string | undefined {
	const [, address, name = '', port] = /^(?:\[([0-9a-f:.]+)\]|([\w.-]+))(?::(\d{0,5}))?$/i.exec(host) ?? []
	if (Number(port ?? 0) > 65_535) return undefined
	if (address !== undefined) return canonicalAddress(address)
	const normalized = name.toLowerCase().replace(/\.$/, '')
	return normalized === '' || normalized.length > 253 || normalized.split('.').includes('') ? undefined : normalized
}

/** An IPv6 address may be in brackets. */
function literalAddress(text: string): string | undefined {
	return canonicalAddress(text.replace(/^\[(.*)\]$/, '$1'))
}

function isAddress(name: string): boolean {
	return canonicalAddress(name) !== undefined
}

/** Whether a host name of a URL or of a `listen` address, or a canonical address, is of this machine. */
export function isLoopback(name: string): boolean {
	return name === 'localhost' || name.endsWith('.localhost') || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name)
}

/** Orchestrators and load balancers probe by address. */
function isProbe({ path }: HostHeaders): boolean {
	return path === '/health' || path === '/ready'
}

/**
 * Browsers send one of the first two headers with every request except a plain GET of a page's own origin over http.
 * Such a GET is only answered without a key if the path is open; then headers that browsers always send, and other
 * clients hardly ever, identify a browser.
 */
function isFromBrowser({ headers }: HostHeaders, isOpen: () => boolean): boolean {
	if (headers.has('origin') || headers.has('sec-fetch-site')) return true
	return isOpen() && (headers.has('accept-language') || /^mozilla\//i.test(headers.get('user-agent') ?? ''))
}

function missing(request: HostHeaders): ChatError | undefined {
	return isProbe(request) ? undefined : refusal('The request has no Host header, and `server.hosts` is set.')
}

function refusal(message: string): ChatError {
	return new ChatError('invalid-request', message, { code: 'invalid_host' })
}

/** Shortened, in plain ASCII. */
function quoted(text: string): string {
	return JSON.stringify(text.slice(0, 100).replace(/[^\x20-\x7e]/g, '?'))
}
