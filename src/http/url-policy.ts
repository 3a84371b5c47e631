// The operator's policy on URLs that clients hand to upstreams, which may fetch them. It reads URLs as WHATWG's standard
// says, and returns those in its normal form in which other parsers could find another host. It resolves no names.

import { ChatError } from '../chat/error.ts'
import { addressSet, canonicalAddress } from './addresses.ts'

export interface UrlPolicyOptions {
	/** Permitted schemes, in lower case and without a colon. */
	readonly schemes: readonly string[]
	/** Whether URLs may name addresses that only this network reaches. */
	readonly privateAddresses: 'allow' | 'refuse'
}

/** Permits reading files of a server, or protocols with which a URL can send commands to any port. */
export const neverPermitted = ['file', 'gopher', 'dict', 'ldap', 'ldaps', 'tftp', 'jar', 'javascript', 'netdoc', 'php']

export class UrlPolicy {
	private readonly schemes: ReadonlySet<string>
	private readonly refusesPrivate: boolean

	constructor({ schemes, privateAddresses }: UrlPolicyOptions) {
		this.schemes = new Set(schemes.filter((scheme) => !neverPermitted.includes(scheme)))
		this.refusesPrivate = privateAddresses === 'refuse'
	}

	/**
	 * The URL, unchanged if every parser finds the same host in it, or else in normal form.
	 *
	 * @param path of its field, for errors.
	 * @param isUrl whether the field can only be a URL. If not, a text that does not begin like one is returned.
	 * @throws ChatError `invalid-request` if the policy refuses it.
	 */
	readonly check = (url: string, path: string, isUrl = true): string => {
		if (this.schemes.has('data') && dataUrl.test(url)) return url
		const parsed = parseUrl(url)
		if (parsed === undefined) {
			if (isReference(url) || !(isUrl || beginsLikeUrl.test(url))) return url
			throw refused(path, 'it is not an absolute URL')
		}
		const scheme = parsed.protocol.slice(0, -1)
		if (!this.schemes.has(scheme))
			throw refused(path, `this server accepts no URLs with the scheme '${scheme.slice(0, longestScheme)}'`)
		if (this.refusesPrivate && isPrivate(parsed))
			throw refused(path, 'this server accepts no URLs of private addresses (urls.privateAddresses)')
		return plainUrl.test(url) ? url : parsed.href
	}
}

const dataUrl = /^data:/i
/** Scheme, a host of letters, digits, dots and hyphens, perhaps a port, and nothing outside visible ASCII. */
const plainUrl = /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9.-]+(?::\d{1,5})?(?:[/?#][\x21-\x5b\x5d-\x7e]*)?$/i
const longestScheme = 30

function parseUrl(url: string): URL | undefined {
	// Base64 of an image has neither, and may be long.
	return url.includes(':') ? (URL.parse(url) ?? undefined) : undefined
}

const base64 = /^[A-Za-z0-9+/_-]{64,}={0,2}\s*$/
/** The name of an uploaded file, as Gemini's API writes it. */
const fileName = /^files\/[\w-]+$/

/**
 * A scheme or nothing, then two slashes: text that no URL standard reads, but that a lenient client reads as the URL of some
 * host, up to the first character that it does not expect. White space and control characters in front are skipped.
 */
const beginsLikeUrl = /^[\s\p{Cc}]*(?:[a-z][\w+.-]*:)?[\\/][\s\p{Cc}]*[\\/]/iu

/** Content without a scheme that some servers accept in the place of a URL. */
function isReference(text: string): boolean {
	return base64.test(text) || fileName.test(text)
}

function refused(path: string, reason: string): ChatError {
	return new ChatError('invalid-request', `Invalid URL in '${path}': ${reason}.`, { param: path, code: 'invalid_url' })
}

const privateRanges = addressSet([
	...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
	...['192.168.0.0/16', '198.18.0.0/15', '224.0.0.0/4', '240.0.0.0/4'],
	...['fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8'],
	// Forms of IPv6 that contain an IPv4 address: compatible, NAT64, 6to4, Teredo.
	...['::/96', '64:ff9b::/96', '64:ff9b:1::/48', '2002::/16', '2001::/32'],
])

const privateNames = /(?:^|\.)(?:localhost|localdomain|local|internal|intranet|lan|corp|home|private|home\.arpa)$/

function isPrivate({ protocol, hostname }: URL): boolean {
	if (hostname === '') return protocol !== 'data:'
	const host = hostname.replace(/\.$/, '')
	// Only the hosts of some schemes are in normal form.
	const normal = URL.parse(`http://${host}`)?.hostname.replace(/\.$/, '') ?? host
	const address = canonicalAddress(normal.replace(/^\[|\]$/g, ''))
	if (address !== undefined) return privateRanges.has(address)
	// Names without a dot belong to the local network, such as those of containers.
	return !normal.includes('.') || privateNames.test(normal)
}
