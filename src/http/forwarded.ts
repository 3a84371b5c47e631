// Parses `X-Forwarded-For` and `Forwarded` (RFC 7239): a list to which each proxy appends the address of its peer.
// Everything to the left of an untrusted proxy may be forged.

import { canonicalAddress } from './addresses.ts'
import type { RequestHeaders } from './request-headers.ts'

/**
 * The reported addresses from the nearest to the farthest. Undefined means that an element is not an address:
 * `unknown`, an obfuscated name such as `_gateway`, or anything malformed.
 *
 * If both headers are present, `Forwarded` is ignored: most proxies write `X-Forwarded-For` only and forward the
 * `Forwarded` header that the client sent. See decisions/035.
 */
export function* reportedAddresses(headers: RequestHeaders): Generator<string | undefined> {
	const list = headers.get('x-forwarded-for')
	if (list !== null) {
		for (const element of partsFromRight(list, ',')) yield nodeAddress(element)
		return
	}
	const forwarded = headers.get('forwarded')
	if (forwarded !== null) for (const element of partsFromRight(forwarded, ',')) yield nodeAddress(forOf(element))
}

/**
 * Parts between unquoted separators; empty ones are ignored (RFC 9110, 5.6.1). Runs in linear time, because any client
 * can send such a text.
 */
function* partsFromRight(text: string, separator: ',' | ';'): Generator<string> {
	let end = text.length
	let quoted = false
	for (let at = end - 1; at >= -1; at--) {
		if (at >= 0 && text[at] === '"' && text[at - 1] !== '\\') quoted = !quoted
		if (at >= 0 && (text[at] !== separator || quoted)) continue
		const part = text.slice(at + 1, end).trim()
		end = at
		if (part !== '') yield part
	}
}

/**
 * The value of the one `for` parameter of a `Forwarded` element; empty if there is none, or if the element is
 * malformed.
 */
function forOf(element: string): string {
	const values: string[] = []
	for (const pair of partsFromRight(element, ';')) {
		const equals = pair.indexOf('=')
		const [name, value] = [pair.slice(0, Math.max(0, equals)).trim(), pair.slice(equals + 1).trim()]
		if (!/^[\w-]+$/.test(name) || !/^(?:"(?:[^"\\]|\\.)*"|[^\s;,"]*)$/.test(value)) return ''
		if (name.toLowerCase() === 'for') values.push(value)
	}
	return values.length === 1 ? (values[0] ?? '') : ''
}

/**
 * `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:80`, quoted or not; a port may be
 * obfuscated (`_x`).
 */
function nodeAddress(node: string): string | undefined {
	const text = /^".*"$/.test(node) ? node.slice(1, -1) : node
	const inner = /^\[([^\]]+)\](?::[\w.-]+)?$/.exec(text)?.[1]
	if (inner !== undefined) return inner.includes(':') ? canonicalAddress(inner) : undefined
	return canonicalAddress(/^([\d.]+):[\w.-]+$/.exec(text)?.[1] ?? text)
}
