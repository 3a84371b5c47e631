// The client of a request: the peer of the connection, or the client that a trusted proxy reports. The only source of
// client addresses.

import type { AddressSet } from './addresses.ts'
import { canonicalAddress, unixPeer } from './addresses.ts'
import { reportedAddresses } from './forwarded.ts'
import type { RequestHeaders } from './request-headers.ts'

/** The peer of a connection. */
export interface Peer {
	/** Set if the connection exceeds a limit of the server: only health checks are answered. */
	readonly excess?: 'full' | 'address-full' | undefined
	/** Call this when a request of the peer was authenticated: its connections are preferred to those of strangers. */
	identified?(): void
	/** In the system's format; `unix` on a Unix socket; undefined after the connection is closed. */
	address(): string | undefined
}

/** Lazy: nothing is parsed before its first use. */
export interface RemoteClient {
	/**
	 * IP address in canonical form: the peer's, or, if that is a trusted proxy, the nearest address reported that is not
	 * one. Undefined on a Unix socket.
	 */
	readonly address: string | undefined
	/** `x-request-id` of a trusted proxy. */
	readonly requestId: string | undefined
	/** The peer is a trusted proxy. */
	readonly isProxied: boolean
}

/** @param proxies undefined if no proxy is trusted: then no header is read. */
export function remoteClient(
	peer: Peer | undefined,
	headers: RequestHeaders,
	proxies: AddressSet | undefined,
): RemoteClient {
	return new ObservedClient(peer, headers, proxies)
}

/**
 * The system writes addresses in canonical form, except for zones and IPv4-mapped addresses.
 *
 * @param address of a socket.
 */
export function canonicalPeer(address: string): string | undefined {
	return address.startsWith('::ffff:') || address.includes('%') ? canonicalAddress(address) : address
}

function withoutUnixPeer(address: string | undefined): string | undefined {
	return address === unixPeer ? undefined : address
}

/** Visible ASCII characters without quotes. */
const requestIdForm = /^[\x21\x23-\x26\x28-\x5f\x61-\x7e]{1,128}$/

class ObservedClient implements RemoteClient {
	private readonly peer: Peer | undefined
	private readonly headers: RequestHeaders
	private readonly proxies: AddressSet | undefined
	private found: { readonly address: string | undefined; readonly isProxied: boolean } | undefined

	constructor(peer: Peer | undefined, headers: RequestHeaders, proxies: AddressSet | undefined) {
		this.peer = peer
		this.headers = headers
		this.proxies = proxies
	}

	get address(): string | undefined {
		return this.find().address
	}

	get isProxied(): boolean {
		return this.proxies !== undefined && this.find().isProxied
	}

	get requestId(): string | undefined {
		if (this.proxies === undefined || !this.find().isProxied) return undefined
		const id = this.headers.get('x-request-id')
		return id !== null && requestIdForm.test(id) ? id : undefined
	}

	private find() {
		if (this.found !== undefined) return this.found
		const peer = this.peer?.address()
		const address = peer === undefined ? undefined : canonicalPeer(peer)
		this.found =
			address === undefined || this.proxies?.has(address) !== true
				? { address: withoutUnixPeer(address), isProxied: false }
				: { address: withoutUnixPeer(this.trustedAddress(address, this.proxies)), isProxied: true }
		return this.found
	}

	/** From the nearest to the farthest: an address is trusted if the proxy that reports it is trusted. */
	private trustedAddress(peer: string, proxies: AddressSet): string {
		let nearest = peer
		for (const reported of reportedAddresses(this.headers)) {
			if (reported === undefined) return nearest
			nearest = reported
			if (!proxies.has(reported)) return nearest
		}
		return nearest
	}
}
