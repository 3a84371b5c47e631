// npm run test:crash [-- --rounds N] [--seed N] [--database URL]

import { parseArgs } from 'node:util'
import { killLoop } from './kill-loop.ts'

const { values } = parseArgs({
	options: { rounds: { type: 'string', default: '50' }, seed: { type: 'string' }, database: { type: 'string' } },
})
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000))
process.stdout.write(`seed ${seed}\n`)
const { violations } = await killLoop({
	rounds: Number(values.rounds),
	seed,
	longestMs: 3000,
	...(values.database === undefined ? {} : { database: values.database }),
	report: (line) => process.stdout.write(`${line}\n`),
})
process.exit(violations.length === 0 ? 0 : 1)
