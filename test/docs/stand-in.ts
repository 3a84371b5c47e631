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
 * Lists no context window, which Ollama does not list either.
 *
 * @param model the name of its model; `*` serves any name and lists none.
 */
export function startStandIn(origin: string, model: string): StandIn {
	const listener = listenEcho('127.0.0.1:0', model, openEcho({}))
	return { origin, address: new URL(listener.url).origin, stop: () => listener.close(0) }
}
