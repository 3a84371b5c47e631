// Which proxy an upstream is reached through: its own setting takes precedence over the environment.

import { z } from 'zod'
import { noProxyWord } from '../../fields/text.ts'
import { type HttpProxy, readProxy } from '../../http/proxy.ts'
import { findEnvironmentProxy, type ProxyVariables } from '../../http/proxy-environment.ts'

export interface ProxySettings {
	readonly url: string
	/** A URL, or `none`. */
	readonly proxy?: string | undefined
	/** A Unix socket, which is never reached through a proxy. */
	readonly socket?: string | undefined
}

/** @throws Error if a variable of the environment has an unusable value. */
export function chooseProxy({ url, proxy, socket }: ProxySettings, environment: ProxyVariables): HttpProxy | undefined {
	if (socket !== undefined || proxy === noProxyWord) return undefined
	return proxy === undefined ? findEnvironmentProxy(url, environment) : readProxy(proxy)
}

const proxied = z.object({ url: z.string(), proxy: z.string().optional(), socket: z.string().optional() })

/**
 * Returns why the proxy of an upstream cannot be used, and the field that it concerns. Undefined if there is no problem, and for options of
 * other kinds of upstreams.
 */
export function proxyConflict(
	options: unknown,
	environment: ProxyVariables,
): { readonly field: 'proxy' | 'url'; readonly message: string } | undefined {
	const { data } = proxied.safeParse(options)
	if (data === undefined) return undefined
	if (data.socket !== undefined && data.proxy !== undefined && data.proxy !== noProxyWord)
		return { field: 'proxy', message: 'a Unix socket (`socket`) is not reached through a proxy: remove one of them' }
	try {
		chooseProxy(data, environment)
		return undefined
	} catch (thrown) {
		return { field: 'url', message: thrown instanceof Error ? thrown.message : String(thrown) }
	}
}
