// A `fetch` for provider packages that selects the proxy of each request by the same rules as other upstreams. Without
// it, Bun's `fetch` reads the environment by rules of its own: it does not know ranges, and uses a proxy for loopback.

import type { ProxyVariables } from '../../http/proxy-environment.ts'
import { chooseProxy } from '../upstream/proxy-choice.ts'

/** @param proxy the setting of the upstream: a URL, or `none`. */
export function openProxiedFetch(proxy: string | undefined, environment: ProxyVariables): typeof fetch {
	const send = (input: string | URL | Request, init?: RequestInit) => {
		const url = input instanceof Request ? input.url : String(input)
		const chosen = chooseProxy({ url, proxy }, environment)
		// `false` connects directly, whatever the environment contains.
		return fetch(input, { ...init, proxy: chosen?.url ?? false } as BunFetchRequestInit)
	}
	return Object.assign(send, { preconnect: fetch.preconnect })
}
