// A stand-in for `dragoman engine`: the same API on the same kind of socket, served by the echo engine, with no library to install.
// `--crash STATUS LINE` exits immediately instead, with the line on standard error.

import { parseArgs } from 'node:util'
import { openEcho } from '../src/engines/echo/echo.ts'
import { fixedDeployment } from '../src/gateway/fixed-deployment.ts'
import { openHandler } from '../src/server/handler.ts'
import { listen } from '../src/server/listener.ts'
import { systemClock } from '../src/system/clock.ts'
import { openLog } from '../src/system/log.ts'
import { silentTelemetry } from '../src/telemetry/silent.ts'

const { values } = parseArgs({
	options: {
		socket: { type: 'string' },
		name: { type: 'string', default: 'echo' },
		crash: { type: 'string' },
		says: { type: 'string', default: '' },
		'until-stdin-ends': { type: 'boolean' },
	},
})

if (values.crash !== undefined) {
	process.stderr.write(`starting\n${values.says}\n`)
	process.exit(Number(values.crash))
}

const deployment = fixedDeployment(values.name, openEcho({ contextTokens: 1000 }))
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
listen({ address: values.socket ?? '', fetch: handler.fetch, maxBodyBytes: 20_000_000 })
for await (const _ of Bun.stdin.stream());
process.exit(0)
