// The limits on connections that a listener enforces, from the section `limits` in the configuration. Without a number
// in the file, they follow from the number of files that the process may open.

import type { ConfigFile } from '../config/schema.ts'
import { addressSet } from '../http/addresses.ts'
import { isLoopback, splitHost } from '../http/hosts.ts'
import type { CallerLimits } from '../server/caller-limits.ts'
import type { ListenOptions } from '../server/listener.ts'
import { readDescriptorLimit } from '../system/descriptor-limit.ts'

/** For the database, logs, models and the process itself. */
const ownDescriptors = 64
const fewestConnections = 16
const mostConnections = 50_000
/** If the limit of descriptors cannot be determined. */
const usualDescriptors = 1024

/**
 * Half of the descriptors: a request needs a second one for its upstream or its stored stream.
 *
 * @param descriptors soft limit of open files and sockets.
 */
export function defaultConnections(descriptors: number): number {
	const half = Math.floor((descriptors - ownDescriptors) / 2)
	return Math.min(mostConnections, Math.max(fewestConnections, half))
}

/** What callers may hold concurrently. */
export function callerLimits(
	{ limits, listen, server }: Pick<ConfigFile, 'limits' | 'listen' | 'server'>,
	descriptors?: number,
): CallerLimits {
	const { total, perAddress } = connectionLimits({ limits, listen, server }, descriptors).caps
	const sockets = limits.sockets ?? Math.ceil(total / 2)
	return {
		requestsPerKey: limits.requestsPerKey ?? Math.ceil((total * 3) / 4),
		requestsPerAddress: perAddress,
		sockets,
		socketsPerKey: limits.socketsPerKey ?? Math.ceil(sockets / 2),
		socketMemoryBytes: limits.socketMemoryBytes,
	}
}

export interface ConnectionLimits
	extends Required<Pick<ListenOptions, 'caps' | 'timeouts' | 'webSockets'>>,
		Pick<ListenOptions, 'proxies'> {}

export function connectionLimits(
	{ limits, listen, server }: Pick<ConfigFile, 'limits' | 'listen' | 'server'>,
	descriptors = readDescriptorLimit() ?? usualDescriptors,
): ConnectionLimits {
	const total = limits.connections ?? defaultConnections(descriptors)
	const host = splitHost(listen)
	// On loopback all clients have one address, and a proxy on the same machine has it too.
	const share = host !== undefined && isLoopback(host) ? total : Math.ceil(total / 2)
	return {
		caps: { total, perAddress: Math.min(total, limits.connectionsPerAddress ?? share) },
		timeouts: { idleMs: limits.connectionIdleMs, headMs: limits.headTimeoutMs },
		webSockets: { maxMessageBytes: limits.socketMessageBytes, idleMs: limits.socketIdleMs },
		proxies: server.trustedProxies.length === 0 ? undefined : addressSet(server.trustedProxies),
	}
}
