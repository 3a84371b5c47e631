// Counts the wrong keys that each client address presents, so that guessing is refused after a few. Bounded memory. It
// does not know how keys are compared, and never refuses a correct one.

import { isIPv6 } from 'node:net'

/** Length of a window, in milliseconds. */
const windowMs = 60_000
/** Addresses in memory; the one that presented a wrong key longest ago is forgotten first. */
const mostAddresses = 10_000

interface Window {
	readonly startMs: number
	wrong: number
}

export class GuessLimit {
	private readonly perWindow: number
	/** In the order of their last wrong key. */
	private readonly windows = new Map<string, Window>()

	/** @param perMinute wrong keys of one address that are answered as wrong. */
	constructor(perMinute: number) {
		this.perWindow = perMinute
	}

	/** Number of addresses in memory. */
	get size(): number {
		return this.windows.size
	}

	/**
	 * Counts a wrong key.
	 *
	 * @param address in canonical form; undefined on a Unix socket, whose clients share one window.
	 * @param nowMs of a clock that does not go back.
	 * @returns milliseconds until the address may try again; 0 if it has not exceeded the limit.
	 */
	count(address: string | undefined, nowMs: number): number {
		const network = networkOf(address ?? '')
		const known = this.windows.get(network)
		const current = known !== undefined && nowMs < known.startMs + windowMs ? known : { startMs: nowMs, wrong: 0 }
		current.wrong++
		this.windows.delete(network)
		this.windows.set(network, current)
		for (const oldest of this.windows.keys()) {
			if (this.windows.size <= mostAddresses) break
			this.windows.delete(oldest)
		}
		return current.wrong > this.perWindow ? current.startMs + windowMs - nowMs : 0
	}

	/** Whether the address has exceeded the limit. */
	isExceeded(address: string | undefined, nowMs: number): boolean {
		const known = this.windows.get(networkOf(address ?? ''))
		return known !== undefined && nowMs < known.startMs + windowMs && known.wrong > this.perWindow
	}
}

/** An IPv6 client usually has all addresses of a /64. */
function networkOf(address: string): string {
	if (!isIPv6(address)) return address
	const [head = '', tail] = address.split('::')
	const groups = head === '' ? [] : head.split(':')
	const last = tail === undefined || tail === '' ? [] : tail.split(':')
	const zeros = tail === undefined ? 0 : 8 - groups.length - last.length
	return [...groups, ...Array<string>(zeros).fill('0'), ...last].slice(0, 4).join(':')
}
