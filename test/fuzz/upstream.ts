// The upstream of the models that are not served by the echo engine: another gateway, so that requests are translated once
// more before anything answers.

import { listenEcho } from '../echo-gateway.ts'

export interface FuzzUpstream extends AsyncDisposable {
	readonly url: string
}

export function openUpstream(): FuzzUpstream {
	const listener = listenEcho('127.0.0.1:0', 'relayed')
	return { url: listener.url, [Symbol.asyncDispose]: () => listener.close(0) }
}
