// A gateway in this process on the echo engine, without keys, storage and telemetry: the upstream that tests of engines
// call.

import { openEcho } from '../src/engines/echo/echo.ts'
import { fixedDeployment } from '../src/gateway/fixed-deployment.ts'
import { openHandler } from '../src/server/handler.ts'
import { type Listener, listen } from '../src/server/listener.ts'
import { systemClock } from '../src/system/clock.ts'
import { openLog } from '../src/system/log.ts'
import { silentTelemetry } from '../src/telemetry/silent.ts'

/** Context window of its model, in the echo engine's tokens, unless it has another engine. */
export const echoContextTokens = 1000

/** @param address `host:port`, or the path of a socket. */
export function listenEcho(
	address: string,
	model = 'echo',
	engine = openEcho({ contextTokens: echoContextTokens }),
): Listener {
	const deployment = fixedDeployment(model, engine)
	const handler = openHandler({
		keys: undefined,
		deployment: () => deployment,
		limits: { maxBytes: 10_000_000, timeoutMs: 5000, maxDepth: 100, keepAliveMs: 0 },
		version: '0',
		clock: systemClock,
		random: Math.random,
		log: openLog({ level: 'silent', format: 'json' }),
		telemetry: silentTelemetry,
	})
	return listen({ address, respond: handler.respond })
}
