// npm run test:fair [-- --seconds N] [--each] [ATTACK...]
// Only on a quiet machine: what else runs delays the callers and the server, too. The CPU time for which the event loop of the server was
// occupied without a pause does not depend on that.
// Measures a polite caller alone and beside a hostile one. Exits with status 1 if a request of the polite one fails, or if its 99th
// percentile is beyond three times that of the polite one alone, and beyond 50 ms. `--each` measures each attack by itself.

import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { type AttackName, attackNames, isAttack } from './attacks.ts'
import { type Observation, openNeighbours } from './neighbours.ts'

const { values, positionals } = parseArgs({
	options: { seconds: { type: 'string', default: '20' }, each: { type: 'boolean', default: false } },
	allowPositionals: true,
})
const durationMs = Number(values.seconds) * 1000
const names = positionals.length === 0 ? attackNames : positionals.filter(isAttack)
const runs: readonly (readonly AttackName[])[] = values.each ? names.map((name) => [name]) : [names]

await using neighbours = await openNeighbours()
// The server's event loop has a processor, and the callers share another one, like on two machines. Other threads of the server run on
// either: if all were on the processor of the loop, each hop between threads would wait for the end of a time slice of the system.
if (availableParallelism() > 1) {
	spawnSync('taskset', ['-c', '-p', '0', String(neighbours.server.pid)])
	spawnSync('taskset', ['-a', '-c', '-p', '1', String(process.pid)])
}
const alone = await neighbours.alone(durationMs)
print('alone', alone)
const mostMs = Math.max(3 * alone.p99Ms, 50)
let isFair = true
for (const attacks of runs) {
	const beside = await neighbours.beside(attacks, durationMs)
	const passes = beside.failures.length === 0 && beside.p99Ms <= mostMs
	if (!passes) isFair = false
	print(`${passes ? 'ok  ' : 'FAIL'} beside ${attacks.length === 1 ? attacks[0] : `${attacks.length} attacks`}`, beside)
}
process.stdout.write(`the 99th percentile may be ${mostMs.toFixed(1)} ms\n`)
process.exitCode = isFair ? 0 : 1

function print(name: string, { requests, failures, p50Ms, p99Ms, longestMs, blocksMs }: Observation): void {
	const times = [p50Ms, p99Ms, longestMs].map((ms) => ms.toFixed(1))
	const failed = failures.length === 0 ? '' : `, ${failures.length} failed: ${failures[0]}`
	const blocks = blocksMs.slice(0, 5).map((ms) => ms.toFixed(1))
	process.stdout.write(
		`${name}: ${requests} requests, p50/p99/longest ${times.join('/')} ms, event loop ${blocks.join('/')} ms${failed}\n`,
	)
}
