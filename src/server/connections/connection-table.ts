// Decides which connections of clients are accepted: at most so many in all and from one address. At the limit a new
// connection replaces one without work in progress, first one whose client has not been authenticated: connections
// that strangers hold open never keep out a client. It does not know sockets.

import { groupOfAddress } from '../../http/addresses.ts'

export interface ConnectionCaps {
	/** Of all clients. */
	readonly total: number
	/** Of one address, or of one IPv6 network of 64 bits. */
	readonly perAddress: number
}

/** An open connection. */
export interface CountedConnection {
	/** In canonical form; undefined if connections of its peer are not limited. */
	readonly limitedAddress: string | undefined
	/** A request of this connection was authenticated. */
	readonly known: boolean
	/** No request is in flight, or only the client delays the end of its response and is not known. */
	readonly isIdle: boolean
	/** Closes the connection, which is then removed from the table. */
	evict(): void
}

/** `full`: the total is reached, `address-full`: that of the address is. Such a connection is closed after one response. */
export type Admission = 'accepted' | 'full' | 'address-full' | 'refused'

/** Connections without a request in flight, the longest waiting first. */
class IdleConnections {
	private readonly strangers = new Set<CountedConnection>()
	private readonly known = new Set<CountedConnection>()

	add(connection: CountedConnection): void {
		const idle = connection.known ? this.known : this.strangers
		idle.add(connection)
	}

	delete(connection: CountedConnection): void {
		this.strangers.delete(connection)
		this.known.delete(connection)
	}

	/** @returns false if there is none. */
	evict(): boolean {
		const [first] = this.strangers.size > 0 ? this.strangers : this.known
		first?.evict()
		return first !== undefined
	}
}

interface AddressConnections {
	/** See `groupOfAddress`. */
	readonly group: string
	open: number
	readonly idle: IdleConnections
}

/** Connections above the caps that are accepted for one response each: health checks, and clear refusals. */
const maxReserve = 32

export class ConnectionTable {
	private readonly caps: ConnectionCaps
	private readonly reserve: number
	private readonly addresses = new Map<string, AddressConnections>()
	private readonly idle = new IdleConnections()
	/** With the connections of their address; undefined for those that no address limits. */
	private readonly connections = new Map<CountedConnection, AddressConnections | undefined>()

	constructor(caps: ConnectionCaps) {
		this.caps = caps
		this.reserve = Math.min(maxReserve, Math.max(1, Math.ceil(caps.total / 8)))
	}

	get size(): number {
		return this.connections.size
	}

	/** Adds a connection, for which another one may be evicted. A refused one is not added. */
	add(connection: CountedConnection): Admission {
		const { limitedAddress } = connection
		const address = limitedAddress === undefined ? undefined : this.ofAddress(limitedAddress)
		let admission: Admission = 'accepted'
		if (address !== undefined && address.open >= this.caps.perAddress && !address.idle.evict())
			admission = 'address-full'
		if (admission === 'accepted' && this.connections.size >= this.caps.total && !this.idle.evict()) admission = 'full'
		if (admission !== 'accepted' && this.connections.size >= this.caps.total + this.reserve) return 'refused'
		this.connections.set(connection, address)
		if (address !== undefined) {
			address.open++
			this.addresses.set(address.group, address)
		}
		this.update(connection)
		return admission
	}

	/** The connection began or ended a request. */
	update(connection: CountedConnection): void {
		if (!this.connections.has(connection)) return
		const address = this.connections.get(connection)
		this.forgetIdle(connection, address)
		if (!connection.isIdle) return
		this.idle.add(connection)
		address?.idle.add(connection)
	}

	delete(connection: CountedConnection): void {
		const address = this.connections.get(connection)
		if (!this.connections.delete(connection)) return
		this.forgetIdle(connection, address)
		if (address === undefined) return
		address.open--
		if (address.open === 0) this.addresses.delete(address.group)
	}

	private forgetIdle(connection: CountedConnection, address: AddressConnections | undefined): void {
		this.idle.delete(connection)
		address?.idle.delete(connection)
	}

	private ofAddress(limitedAddress: string): AddressConnections {
		const group = groupOfAddress(limitedAddress)
		return this.addresses.get(group) ?? { group, open: 0, idle: new IdleConnections() }
	}
}
