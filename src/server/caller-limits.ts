// What callers of one server may hold concurrently, and the errors for those that hold too much.

import { type BoundSetting, ChatError } from '../chat/error.ts'
import type { Peer } from '../http/remote-client.ts'
import { CallerShares, type Release } from './caller-shares.ts'

export interface CallerLimits {
	/** Requests in flight of one key. */
	readonly requestsPerKey: number
	/** Requests in flight of one client of a trusted proxy. */
	readonly requestsPerAddress: number
	/** WebSockets of all keys. */
	readonly sockets: number
	readonly socketsPerKey: number
	/** Messages of the WebSockets of one key that arrive or wait for their answer, in bytes. */
	readonly socketMemoryBytes: number
}

const noLimits: CallerLimits = {
	requestsPerKey: Number.POSITIVE_INFINITY,
	requestsPerAddress: Number.POSITIVE_INFINITY,
	sockets: Number.POSITIVE_INFINITY,
	socketsPerKey: Number.POSITIVE_INFINITY,
	socketMemoryBytes: Number.POSITIVE_INFINITY,
}

const retryAfterMs = 1000

/** The permits that the callers of one server hold. */
export class CallerPermits {
	private readonly limits: CallerLimits
	private readonly byKey: CallerShares
	private readonly byAddress: CallerShares
	private readonly sockets: CallerShares
	readonly socketMemory: CallerShares

	constructor(limits: CallerLimits = noLimits) {
		this.limits = limits
		this.byKey = new CallerShares(limits.requestsPerKey)
		this.byAddress = new CallerShares(limits.requestsPerAddress)
		this.sockets = new CallerShares(limits.socketsPerKey, limits.sockets)
		this.socketMemory = new CallerShares(limits.socketMemoryBytes)
	}

	/** @throws ChatError `rate-limited` */
	takeForKey(key: string): Release {
		const release = this.byKey.take(key)
		if (release !== undefined) return release
		throw tooMany(
			'limits.requestsPerKey',
			`Too many requests in flight with this key: at most ${this.limits.requestsPerKey} are allowed. Retry when one has ended.`,
		)
	}

	/** @throws ChatError `rate-limited` */
	takeForAddress(address: string): Release {
		const release = this.byAddress.take(address)
		if (release !== undefined) return release
		throw tooMany(
			'limits.connectionsPerAddress',
			`Too many requests in flight from this address: at most ${this.limits.requestsPerAddress} are allowed. Retry when one has ended.`,
		)
	}

	/** @throws ChatError `rate-limited` */
	takeSocket(key: string): Release {
		const release = this.sockets.take(key)
		if (release !== undefined) return release
		const { sockets, socketsPerKey } = this.limits
		throw tooMany(
			'limits.sockets',
			`Too many open WebSockets: at most ${socketsPerKey} for each key and ${sockets} in all are allowed.`,
		)
	}
}

/** The error for a request on a connection above the limits of the server. */
export function excessError(excess: NonNullable<Peer['excess']>): ChatError {
	switch (excess) {
		case 'full':
			return new ChatError('overloaded', 'The server has too many connections. Please retry your request.', {
				setting: 'limits.connections',
				retryAfterMs,
			})
		case 'address-full':
			return new ChatError('rate-limited', 'There are too many connections from this address.', {
				setting: 'limits.connectionsPerAddress',
				retryAfterMs,
			})
		default:
			return excess satisfies never
	}
}

function tooMany(setting: BoundSetting, message: string): ChatError {
	return new ChatError('rate-limited', message, { setting, retryAfterMs })
}
