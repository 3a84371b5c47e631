// Stand-ins for the model servers of a page, such as vLLM on another host: gateways of this process on the echo engine,
// which accept any key.

import { openEcho } from '../../src/engines/echo/echo.ts'
import { listenEcho } from '../echo-gateway.ts'

export interface StandIn {
	/** As the page writes it, such as `http://127.0.0.1:8000`. */
	readonly origin: string
	/** Where it really is. */
	readonly address: string
	stop(): Promise<void>
}

/**
 * Lists no context window, because Ollama lists none.
 *
 * @param model the name of its model; `*` serves any name and lists none.
 */
export function startStandIn(origin: string, model: string): StandIn {
	const echo = openEcho()
	const { status, operations } = echo.state()
	const listener = listenEcho('127.0.0.1:0', model, Object.assign(echo, { state: () => ({ status, operations }) }))
	return { origin, address: new URL(listener.url).origin, stop: () => listener.close(0) }
}
