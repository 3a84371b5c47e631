// The CONNECT request that opens a tunnel through an HTTP proxy (RFC 9110, section 9.3.6), and the proxy's response to
// it. It does not know sockets. Nothing of the request to the upstream has been sent when it fails.

import { MessageSyntaxError } from '../../../http/message-head.ts'
import type { HttpProxy } from '../../../http/proxy.ts'
import { HttpFailure } from './http-failure.ts'
import { readHead } from './response-parser.ts'

export interface TunnelTarget {
	/** Without the brackets of an IPv6 address. */
	readonly hostname: string
	readonly port: number
}

type TunnelFailureReason = 'unreachable' | 'connect-timeout' | 'tls'

const maxHeadBytes = 65_536
const maxInterimResponses = 10

/** Reads one response to CONNECT. */
export class ProxyTunnel {
	private readonly request: string
	private requested = false
	private readonly label: string
	private readonly authority: string
	private readonly proxy: HttpProxy
	private received: Buffer = Buffer.alloc(0)
	private interim = 0
	/** Whether the proxy has opened the tunnel. */
	isOpen = false

	constructor(proxy: HttpProxy, { hostname, port }: TunnelTarget) {
		this.label = proxy.label
		this.authority = `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`
		this.proxy = proxy
		const credentials = proxy.authorization === undefined ? '' : `proxy-authorization: ${proxy.authorization}\r\n`
		this.request = `CONNECT ${this.authority} HTTP/1.1\r\nhost: ${this.authority}\r\n${credentials}\r\n`
	}

	/**
	 * @returns whether the tunnel is open; false if more bytes are needed.
	 * @throws HttpFailure if the proxy refuses, or its response is malformed.
	 */
	read(bytes: Buffer): boolean {
		this.received = Buffer.concat([this.received, bytes])
		for (;;) {
			const end = this.received.indexOf('\r\n\r\n')
			if ((end === -1 ? this.received.length : end) > maxHeadBytes) throw this.malformed('the head is too long')
			if (end === -1) {
				if (!couldBeHead(this.received)) throw this.malformed('it is not HTTP')
				return false
			}
			const { status, reason } = this.readStatus(this.received.toString('latin1', 0, end).split('\r\n'))
			this.received = this.received.subarray(end + 4)
			if (status >= 200) return this.accept(status, reason)
			if (status === 101 || ++this.interim > maxInterimResponses) throw this.malformed(`status ${status}`)
		}
	}

	/** The failure of a connection that ended before it could be used. */
	failure(reason: TunnelFailureReason, cause?: unknown): HttpFailure {
		return new HttpFailure(reason, this.explain(reason), { sent: 'nothing', cause })
	}

	private explain(reason: TunnelFailureReason): string {
		const { label, authority, requested } = this
		if (reason === 'tls') return `the TLS handshake with ${authority} through the proxy ${label} failed`
		if (reason === 'connect-timeout')
			return this.isOpen
				? `the TLS handshake with ${authority} through the proxy ${label} timed out`
				: `the proxy ${label} did not open a connection to ${authority} in time`
		if (this.isOpen)
			return `the connection to ${authority} through the proxy ${label} was closed during the TLS handshake`
		if (!requested) return `the proxy ${label} cannot be reached`
		return this.received.length > 0
			? `the proxy ${label} closed the connection in the middle of its response to CONNECT`
			: `the proxy ${label} closed the connection without a response to CONNECT`
	}

	/** The CONNECT request, which is sent now. */
	begin(): string {
		this.requested = true
		return this.request
	}

	private readStatus(lines: readonly string[]): { readonly status: number; readonly reason: string } {
		try {
			const { status } = readHead(lines)
			return { status, reason: lines[0]?.slice(13) ?? '' }
		} catch (thrown) {
			if (thrown instanceof MessageSyntaxError) throw this.malformed(thrown.message, thrown)
			throw thrown
		}
	}

	private accept(status: number, reason: string): boolean {
		if (status > 299) throw refusalOfProxy(this.proxy, { status, reason, authority: this.authority })
		// The server waits for the client's TLS handshake, so these bytes are not the server's.
		if (this.received.length > 0) throw this.malformed('it sent data before the TLS handshake')
		this.isOpen = true
		return true
	}

	private malformed(detail: string, cause?: unknown): HttpFailure {
		return new HttpFailure('proxy', `the proxy ${this.label} returned an invalid response to CONNECT: ${detail}`, {
			sent: 'nothing',
			cause,
		})
	}
}

export interface ProxyRefusal {
	readonly status: number
	/** Reason phrase. */
	readonly reason: string
	/** Host and port of the upstream. */
	readonly authority: string
}

/** The failure that a refusal of the proxy means. The upstream received nothing. */
export function refusalOfProxy(
	{ label, authorization }: HttpProxy,
	{ status, reason, authority }: ProxyRefusal,
): HttpFailure {
	const shown = `${status} ${reason.replace(/[^\x20-\x7e]/g, '?').slice(0, 80)}`.trim()
	// tinyproxy returns 401 for wrong credentials, instead of 407.
	if (status === 407 || status === 401) {
		const message =
			authorization !== undefined
				? `the proxy ${label} rejected the user name and password in its URL (${shown})`
				: `the proxy ${label} requires a user name and password (${shown}): write them into its URL`
		return new HttpFailure('proxy-refused', message, { sent: 'nothing' })
	}
	return status < 500
		? new HttpFailure('proxy-refused', `the proxy ${label} does not permit connections to ${authority} (${shown})`, {
				sent: 'nothing',
			})
		: new HttpFailure('proxy', `the proxy ${label} cannot connect to ${authority} (${shown})`, { sent: 'nothing' })
}

/** Whether bytes without the end of a head can be the beginning of one. */
function couldBeHead(bytes: Buffer): boolean {
	return 'HTTP/1.'.startsWith(bytes.toString('latin1', 0, 7)) && bytes.indexOf('\n\n') === -1
}
