// The proxy that the environment selects for a URL: HTTP_PROXY, HTTPS_PROXY and NO_PROXY, with the precedence and the
// patterns of curl and Go. It reads the URL only and resolves no names.

import { addressSet, canonicalAddress, isAddressRange } from './addresses.ts'
import { isLoopback } from './hosts.ts'
import { type HttpProxy, proxyProblem, readProxy } from './proxy.ts'

/** Variables of the environment, by name. */
export type ProxyVariables = Readonly<Record<string, string | undefined>>

/**
 * Returns the proxy for requests to `url`, or undefined for direct connections: without a variable, for hosts in
 * NO_PROXY, and for loopback. The lower-case form of a variable takes precedence, even if it is empty.
 *
 * @throws Error that names the variable, without its value, if the value is not the address of an HTTP proxy.
 */
export function findEnvironmentProxy(url: string, environment: ProxyVariables): HttpProxy | undefined {
	const { protocol, hostname, port } = new URL(url)
	const secure = protocol === 'https:'
	const given = read(secure ? 'HTTPS_PROXY' : 'HTTP_PROXY', environment)
	if (given === undefined) return undefined
	const target = { host: canonicalHost(hostname), port: port === '' ? (secure ? 443 : 80) : Number(port) }
	if (isLoopback(target.host)) return undefined
	if (bypasses(read('NO_PROXY', environment)?.value ?? '', target)) return undefined
	const { variable, proxy, problem } = parse(given)
	if (proxy === undefined) throw new Error(`the environment variable ${variable} cannot be used: ${problem}`)
	return proxy
}

/**
 * The same for the option `proxy` of Bun's `fetch`; `false` connects directly. Without the option, `fetch` reads the
 * environment by rules of its own: it knows no ranges, and uses a proxy for loopback.
 *
 * @throws Error as `findEnvironmentProxy`.
 */
export function fetchProxy(url: string, environment: ProxyVariables): string | false {
	return findEnvironmentProxy(url, environment)?.url ?? false
}

/** A variable that selects a proxy: the proxy, or why its value cannot be used. */
export type ProxyVariable = { readonly variable: string } & (
	| { readonly proxy: HttpProxy; readonly problem?: undefined }
	/** Contains no part of the value. */
	| { readonly proxy?: undefined; readonly problem: string }
)

export interface ProxyEnvironment {
	/** Those of HTTPS_PROXY and HTTP_PROXY that are set. */
	readonly proxies: readonly ProxyVariable[]
	readonly noProxy: string | undefined
	/** The name of ALL_PROXY if it is set, because it has no effect. */
	readonly ignored: string | undefined
}

/** What `findEnvironmentProxy` reads, for reports. It throws for no value. */
export function readProxyEnvironment(environment: ProxyVariables): ProxyEnvironment {
	const set = ['HTTPS_PROXY', 'HTTP_PROXY'].map((name) => read(name, environment)).filter((one) => one !== undefined)
	return {
		proxies: set.map(parse),
		noProxy: read('NO_PROXY', environment)?.value,
		ignored: read('ALL_PROXY', environment)?.variable,
	}
}

function parse({ variable, value }: SetVariable): ProxyVariable {
	const url = value.includes('://') ? value : `http://${value}`
	const problem = proxyProblem(url)
	return problem === undefined ? { variable, proxy: readProxy(url) } : { variable, problem }
}

interface DirectTarget {
	/** Lower case, without brackets and without a final dot; addresses in canonical form. */
	readonly host: string
	readonly port: number
}

interface SetVariable {
	/** Its name as it is written, in lower or upper case. */
	readonly variable: string
	readonly value: string
}

function read(name: string, environment: ProxyVariables): SetVariable | undefined {
	const variable = [name.toLowerCase(), name].find((one) => environment[one] !== undefined)
	const value = variable === undefined ? '' : (environment[variable]?.trim() ?? '')
	return variable === undefined || value === '' ? undefined : { variable, value }
}

function canonicalHost(text: string): string {
	const bare = text.toLowerCase().replace(/^\[(.*)\]$/, '$1')
	return canonicalAddress(bare) ?? bare.replace(/\.$/, '')
}

function bypasses(list: string, target: DirectTarget): boolean {
	return list
		.split(/[\s,]+/)
		.filter((entry) => entry !== '')
		.some((entry) => covers(entry, target))
}

/**
 * Whether an entry of NO_PROXY covers a host: `*`; an address or a CIDR range; or a domain with all names below it,
 * with or without a leading dot (`*.` for the names below it only). Each but a range may end in `:port`.
 */
function covers(entry: string, { host, port }: DirectTarget): boolean {
	if (entry === '*') return true
	if (isAddressRange(entry)) return isAddressRange(host) && addressSet([entry]).has(host)
	const [, bracketed, name, entryPort] = /^(?:(\[[^\]]+\])|([^:]+))(?::(\d+))?$/.exec(entry) ?? []
	if (entryPort !== undefined && Number(entryPort) !== port) return false
	const pattern = canonicalHost(bracketed ?? name ?? '')
	if (pattern === '*') return true
	if (pattern === '') return false
	if (canonicalAddress(pattern) !== undefined || canonicalAddress(host) !== undefined) return pattern === host
	if (pattern.startsWith('*.')) return host.endsWith(pattern.slice(1))
	const domain = pattern.replace(/^\.+/, '')
	return domain !== '' && (host === domain || host.endsWith(`.${domain}`))
}
