// The addresses of names that callers choose: resolved in a bounded time, with a share of the lookups for each caller, and
// cached for a short time. It does not know what the addresses are for.

import { ChatError } from '../chat/error.ts'
import { FairPermits } from '../system/fair-permits.ts'
import type { SharePath } from '../system/fair-queue.ts'

export interface HostAddressesOptions {
	/** Resolves a name to its addresses of both families. Rejects if it has none. Ends within some seconds. */
	readonly lookUp: (name: string) => Promise<readonly string[]>
	/** Milliseconds of a monotonic clock. */
	readonly nowMs: () => number
	/** How long a lookup may take, in milliseconds, with the time that it waits for its turn. */
	readonly timeoutMs?: number | undefined
	/** How long the result of a lookup is valid, in milliseconds. */
	readonly cacheMs?: number | undefined
	/** Maximum number of cached names. */
	readonly maxCached?: number | undefined
}

interface Cached {
	readonly addresses: readonly string[]
	readonly untilMs: number
}

/** Running lookups of all callers, of one owner, and lookups that wait. */
const [mostRunning, mostPerOwner, mostWaiting] = [64, 8, 1024]

export class HostAddresses {
	private readonly options: HostAddressesOptions
	/** Least recently resolved first. */
	private readonly cache = new Map<string, Cached>()
	private readonly running = new Map<string, Promise<readonly string[]>>()
	private readonly timeoutMs: number
	private readonly permits: FairPermits

	constructor(options: HostAddressesOptions) {
		this.options = options
		this.timeoutMs = options.timeoutMs ?? 3000
		this.permits = new FairPermits({
			limit: mostRunning,
			queue: mostWaiting,
			queueTimeoutMs: this.timeoutMs,
			limitPerOwner: mostPerOwner,
		})
	}

	/**
	 * The addresses of a name: none if it does not exist, or if no server answers in time.
	 *
	 * @throws ChatError `overloaded` if too many lookups wait.
	 */
	async find(name: string, caller: SharePath): Promise<readonly string[]> {
		const cached = this.cached(name)
		if (cached !== undefined) return cached
		const signal = AbortSignal.timeout(this.timeoutMs)
		return this.known(name, signal) ?? this.findNew(name, caller, signal)
	}

	private cached(name: string): readonly string[] | undefined {
		const cached = this.cache.get(name)
		return cached !== undefined && cached.untilMs > this.options.nowMs() ? cached.addresses : undefined
	}

	/** Undefined if a lookup must begin. */
	private known(name: string, signal: AbortSignal): Promise<readonly string[]> | undefined {
		const cached = this.cached(name)
		if (cached !== undefined) return Promise.resolve(cached)
		const running = this.running.get(name)
		return running && Promise.race([running, noneAfter(signal)])
	}

	private async findNew(name: string, caller: SharePath, signal: AbortSignal): Promise<readonly string[]> {
		const permit = await this.permits.acquire(caller, signal)
		if (permit === 'full') throw tooManyNames()
		if (permit === 'late' || permit === 'cancelled') return []
		const known = this.known(name, signal)
		if (known !== undefined) {
			permit.release()
			return known
		}
		const lookup = this.lookUp(name)
		// A lookup that is late counts until it ends.
		void lookup.finally(() => permit.release())
		return Promise.race([lookup, noneAfter(signal)])
	}

	/** Never rejects. */
	private async lookUp(name: string): Promise<readonly string[]> {
		const lookup = this.options.lookUp(name).catch((): readonly string[] => [])
		this.running.set(name, lookup)
		const addresses = await lookup
		this.running.delete(name)
		this.store(name, addresses)
		return addresses
	}

	private store(name: string, addresses: readonly string[]): void {
		const { nowMs, cacheMs = 10_000, maxCached = 1000 } = this.options
		this.cache.delete(name)
		this.cache.set(name, { addresses, untilMs: nowMs() + cacheMs })
		const [oldest] = this.cache.keys()
		if (this.cache.size > maxCached && oldest !== undefined) this.cache.delete(oldest)
	}
}

function noneAfter(signal: AbortSignal): Promise<readonly string[]> {
	return new Promise((resolve) => {
		if (signal.aborted) resolve([])
		else signal.addEventListener('abort', () => resolve([]), { once: true })
	})
}

function tooManyNames(): ChatError {
	return new ChatError('overloaded', 'Too many names of hosts are being resolved.', {
		code: 'name_lookups_overloaded',
		retryAfterMs: 1000,
	})
}

/** Asks the resolvers of this machine, as most programs on it would: with its hosts file and its search domains. */
export async function lookUpAddresses(name: string): Promise<readonly string[]> {
	const found = await Bun.dns.lookup(name, { backend: 'c-ares', family: 0, socketType: 'tcp', flags: 0 })
	return found.map(({ address }) => address)
}
