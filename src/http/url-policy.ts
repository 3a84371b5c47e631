// The operator's policy on URLs that clients hand to upstreams, which may fetch them. It reads URLs as WHATWG's standard
// says, and returns those in its normal form in which other parsers could find another host. It does not know how names are
// resolved.

import { ChatError } from '../chat/error.ts'
import type { SharePath } from '../system/fair-queue.ts'
import { addressSet, canonicalAddress } from './addresses.ts'
import type { HostAddresses } from './host-addresses.ts'

export interface UrlPolicyOptions {
	/** Permitted schemes, in lower case and without a colon. */
	readonly schemes: readonly string[]
	/** Whether URLs may name addresses that only this network reaches. */
	readonly privateAddresses: 'allow' | 'refuse'
	/**
	 * The only permitted hosts, in normal form; `*.` in front permits all names below one. They are not checked further.
	 * All hosts if absent.
	 */
	readonly hosts?: readonly string[] | undefined
}

/** Permits reading files of a server, or protocols with which a URL can send commands to any port. */
export const neverPermitted = ['file', 'gopher', 'dict', 'ldap', 'ldaps', 'tftp', 'jar', 'javascript', 'netdoc', 'php']

/** Schemes whose URLs name a container of an object store in the place of a host. It is neither resolved nor connected to. */
const containerSchemes: ReadonlySet<string> = new Set([
	's3',
	's3a',
	's3n',
	'gs',
	'gcs',
	'r2',
	'b2',
	'oss',
	'cos',
	'obs',
	'az',
	'azure',
	'hf',
])

export class UrlPolicy {
	private readonly schemes: ReadonlySet<string>
	private readonly refusesPrivate: boolean
	private readonly hosts: readonly string[] | undefined
	private readonly addresses: HostAddresses | undefined

	/** @param addresses of names; names are not resolved if it is absent. */
	constructor({ schemes, privateAddresses, hosts }: UrlPolicyOptions, addresses?: HostAddresses) {
		this.schemes = new Set(schemes.filter((scheme) => !neverPermitted.includes(scheme)))
		this.hosts = hosts
		this.refusesPrivate = privateAddresses === 'refuse' && hosts === undefined
		this.addresses = this.refusesPrivate ? addresses : undefined
	}

	/** The check of one request. */
	begin(): UrlCheck {
		return new UrlCheck(this)
	}

	/**
	 * Resolves the names that a check has found.
	 *
	 * @throws ChatError `invalid-request` if one has a private address or none, `overloaded` if too many names are being
	 * resolved.
	 */
	async resolve({ names }: UrlCheck, caller: SharePath): Promise<void> {
		const { addresses } = this
		if (addresses === undefined) return
		const [, last] = [...names].at(mostNames) ?? []
		if (last !== undefined) throw refused(last, `a request may name ${mostNames} hosts`)
		await Promise.all(
			Array.from(names, async ([name, path]) => {
				const found = await addresses.find(name, caller)
				if (found.length === 0 || found.some(isPrivateAddress))
					// The same for both: which names of the local network exist is not for callers.
					throw refused(path, 'its host is unknown or has a private address (urls.privateAddresses)')
			}),
		)
	}

	/**
	 * The URL, unchanged if every parser finds the same host in it, or else in normal form.
	 *
	 * @param found receives the name of its host if it is not an address.
	 * @param path of its field, for errors.
	 * @param isUrl whether the field can only be a URL. If not, a text that does not begin like one is returned.
	 * @throws ChatError `invalid-request` if the policy refuses it.
	 */
	check(url: string, path: string, isUrl = true, found?: (name: string) => void): string {
		if (this.schemes.has('data') && dataUrl.test(url)) return url
		const parsed = parseUrl(url)
		if (parsed === undefined) {
			if (isReference(url) || !(isUrl || beginsLikeUrl.test(url))) return url
			throw refused(path, 'it is not an absolute URL')
		}
		const scheme = parsed.protocol.slice(0, -1)
		if (!this.schemes.has(scheme))
			throw refused(path, `this server accepts no URLs with the scheme '${scheme.slice(0, longestScheme)}'`)
		if (scheme === 'data') return parsed.href
		const host = hostOf(parsed)
		this.checkHost(host, path, scheme, found)
		// Some parsers read `0127.0.0.1` as another address than others do.
		const [, sentHost] = plainUrl.exec(url) ?? []
		if (sentHost !== undefined && isNormal(sentHost, host)) return url
		if (!isNormal(parsed.hostname, host)) throw refused(path, 'its host is not in normal form')
		return parsed.href
	}

	private checkHost(host: string, path: string, scheme: string, found: ((name: string) => void) | undefined): void {
		if (this.hosts?.some((permitted) => matches(host, permitted)) === false)
			throw refused(path, 'this server accepts no URLs of this host (urls.hosts)')
		if (!this.refusesPrivate) return
		const address = canonicalAddress(host)
		const isName = address === undefined
		const isContainer = containerSchemes.has(scheme)
		// A client that takes a container for a host must not find a private one, either.
		if (isName ? isPrivateName(host, isContainer) : isPrivateAddress(address))
			throw refused(path, 'this server accepts no URLs of private addresses (urls.privateAddresses)')
		if (isName && !isContainer) found?.(host)
	}
}

/** The check of the URLs of one request: their text first, then their names in `UrlPolicy.resolve`. */
export class UrlCheck {
	/** Names of hosts, with the path of a field that contains each. */
	readonly names = new Map<string, string>()
	private readonly policy: UrlPolicy

	constructor(policy: UrlPolicy) {
		this.policy = policy
	}

	/** See `UrlPolicy`. */
	readonly check = (url: string, path: string, isUrl: boolean): string =>
		this.policy.check(url, path, isUrl, (name) => this.names.set(name, path))
}

/** Maximum number of different names of hosts in a request. */
const mostNames = 100

const dataUrl = /^data:/i
/** Scheme, a host of letters, digits, dots and hyphens, perhaps a port, and nothing outside visible ASCII. */
const plainUrl = /^[a-z][a-z0-9+.-]*:\/\/([a-z0-9.-]+)(?::\d{1,5})?(?:[/?#][\x21-\x5b\x5d-\x7e]*)?$/i
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
	// The platform that a virtual machine of Azure runs on.
	'168.63.129.16',
	...['fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8', '100::/64', '5f00::/16'],
	// Forms of IPv6 that contain an IPv4 address: compatible, translated, NAT64, 6to4, Teredo.
	...['::/96', '::ffff:0:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48', '2002::/16', '2001::/32'],
])

/** An identifier of ISATAP, which contains an IPv4 address behind any prefix. */
const isatap = /:(?::|0:|200:)5efe:[0-9a-f]{1,4}:[0-9a-f]{1,4}$/

const privateNames = /(?:^|\.)(?:localhost|localdomain|local|internal|intranet|lan|corp|home|private|home\.arpa)$/

/** Also for a text that is no address. */
function isPrivateAddress(address: string): boolean {
	const canonical = canonicalAddress(address)
	return canonical === undefined || privateRanges.has(canonical) || isatap.test(canonical)
}

function isPrivateName(name: string, isContainer: boolean): boolean {
	if (name.includes('.')) return privateNames.test(name)
	// Hosts without a dot belong to the local network.
	return !isContainer || name === '' || name === 'localhost'
}

/** In normal form: an address without brackets, or a name without a dot at its end; empty if there is none. */
function hostOf({ hostname }: URL): string {
	const host = hostname.replace(/\.$/, '')
	// Only the hosts of some schemes are in normal form.
	const normal = URL.parse(`http://${host}`)?.hostname ?? host
	return normal.replace(/\.$/, '').replace(/^\[|\]$/g, '')
}

/** @param host from `hostOf`. */
function isNormal(sentHost: string, host: string): boolean {
	const sent = sentHost.toLowerCase().replace(/^\[|\]$/g, '')
	return sent === host || (sent === `${host}.` && canonicalAddress(host) === undefined)
}

function matches(host: string, permitted: string): boolean {
	return permitted.startsWith('*.') ? host.endsWith(permitted.slice(1)) : host === permitted
}
