// npm run test:fuzz [-- --requests N] [--seed N] [--from N] [--concurrency N] [--database URL]
// Sends mutated requests and judges every response. Exits with status 1 if one is wrong. `--from` and `--requests 1` repeat one request.

import { parseArgs } from 'node:util'
import { fuzz } from './fuzz.ts'

const { values } = parseArgs({
	options: {
		requests: { type: 'string', default: '100000' },
		seed: { type: 'string' },
		from: { type: 'string', default: '0' },
		concurrency: { type: 'string', default: '16' },
		database: { type: 'string' },
	},
})
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000))
process.stdout.write(`seed ${seed}\n`)
const { violations, statuses, memory } = await fuzz({
	seed,
	from: Number(values.from),
	requests: Number(values.requests),
	concurrency: Number(values.concurrency),
	database: values.database,
	report: (line) => process.stdout.write(`${line}\n`),
})
const counts = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${count} × ${status}`)
process.stdout.write(`${counts.join(', ')}\n`)
process.stdout.write(`memory ${(memory.before / 1e6).toFixed(0)} → ${(memory.after / 1e6).toFixed(0)} MB\n`)
for (const line of violations.filter((violation) => violation.startsWith('in the log')))
	process.stdout.write(`${line}\n`)
process.stdout.write(`${violations.length} violations\n`)
process.exit(violations.length === 0 ? 0 : 1)
