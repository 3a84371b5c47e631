// IP addresses in canonical form, and sets of addresses and CIDR ranges.

import { BlockList, isIP, isIPv4 } from 'node:net'

/**
 * The canonical text of an IP address: IPv6 compressed and in lower case (RFC 5952), an IPv4-mapped address as IPv4,
 * without a zone. Undefined for anything else, including names.
 */
export function canonicalAddress(text: string): string | undefined {
	const withoutZone = text.split('%', 1)[0] ?? ''
	if (isIPv4(withoutZone)) return withoutZone
	if (isIP(withoutZone) !== 6) return undefined
	const canonical = new URL(`http://[${withoutZone}]`).hostname.slice(1, -1)
	const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical) ?? []
	if (high === undefined || low === undefined) return canonical
	const [first, second] = [Number.parseInt(high, 16), Number.parseInt(low, 16)]
	return [first >> 8, first & 255, second >> 8, second & 255].join('.')
}

/**
 * What belongs to one client: an IPv4 address, or the first 64 bits of an IPv6 address, since a network of that size is
 * the smallest that a client gets.
 *
 * @param address in canonical form.
 */
export function groupOfAddress(address: string): string {
	if (!address.includes(':')) return address
	const [head = '', tail] = address.split('::')
	const groups = head === '' ? [] : head.split(':')
	const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length)
	const all = [...groups, ...Array.from({ length: missing }, () => '0'), ...(tail ?? '').split(':')]
	return `${all.slice(0, 4).join(':')}::/64`
}

/** Whether a text is an IP address or a CIDR range. */
export function isAddressRange(text: string): boolean {
	return readRange(text) !== undefined
}

/** Represents the processes at the other end of a Unix socket among addresses. */
export const unixPeer = 'unix'

export interface AddressSet {
	/** @param address in canonical form, or `unix`. */
	has(address: string): boolean
}

/**
 * @param ranges addresses, ranges and `unix`.
 * @throws Error for any other text.
 */
export function addressSet(ranges: readonly string[]): AddressSet {
	const list = new BlockList()
	for (const text of ranges) {
		if (text === unixPeer) continue
		const range = readRange(text)
		if (range === undefined) throw new Error(`"${text}" is not an IP address or a CIDR range`)
		list.addSubnet(range.address, range.bits, isIPv4(range.address) ? 'ipv4' : 'ipv6')
	}
	const hasUnixPeer = ranges.includes(unixPeer)
	return {
		has: (address) => (address === unixPeer ? hasUnixPeer : list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')),
	}
}

interface Range {
	readonly address: string
	readonly bits: number
}

function readRange(text: string): Range | undefined {
	const [, address = '', prefix] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
	const version = isIP(address)
	if (version === 0) return undefined
	const canonical = canonicalAddress(address) ?? address
	const mapped = version === 6 && isIPv4(canonical)
	const bits = (prefix === undefined ? (version === 4 ? 32 : 128) : Number(prefix)) - (mapped ? 96 : 0)
	return bits < 0 || bits > (isIPv4(canonical) ? 32 : 128) ? undefined : { address: canonical, bits }
}
