// A stand-in for `dragoman engine`: the same API on the same kind of socket, served by the echo engine, with no library
// to install. `--crash STATUS LINE` exits immediately instead, with the line on standard error.

import { parseArgs } from 'node:util'
import { listenEcho } from './echo-gateway.ts'

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

listenEcho(values.socket ?? '', values.name)
for await (const _ of Bun.stdin.stream());
process.exit(0)
