// npm run bench:state: the cost of storing conversations and usage records, as ratios within one run. Saved under
// bench/results/.

import { join } from 'node:path'
import { measureContext } from './context.ts'
import { measureDurability } from './durability.ts'
import { measureTurns } from './turns.ts'
import { measureUpload } from './upload.ts'

const report = (line: string) => process.stdout.write(`${line}\n`)
const round = (value: number) => (value >= 100 ? value.toFixed(0) : value.toFixed(2))

const turns = await measureTurns(4)
report(
	`durable turns per second, 256 conversations: ${round(turns.together)} together, ${round(turns.oneByOne)} one by one: ${round(turns.together / turns.oneByOne)}x (aim 10x)`,
)
const small = await measureContext(10_000)
const large = await measureContext(1_000_000)
for (const { messages, read, p50, p99 } of [small, large])
	report(
		`context of ${read} messages, ${messages} in the database: p50 ${round(p50)} ms, p99 ${round(p99)} ms (aim 1 ms, flat)`,
	)
const upload = measureUpload()
report(
	`upload of 50 turns: ${upload.byId} bytes by id, ${upload.resent} resent: ${round(upload.resent / upload.byId)}x`,
)
const durability = await measureDurability()
const { strict, relaxed } = durability
report(
	`unary chat: strict p50 ${round(strict.p50)} ms p99 ${round(strict.p99)} ms, relaxed p50 ${round(relaxed.p50)} ms p99 ${round(relaxed.p99)} ms: strict adds ${round(strict.p50 - relaxed.p50)} ms`,
)
const results = { at: new Date().toISOString(), turns, context: { small, large }, upload, durability }
await Bun.write(join(import.meta.dir, '..', 'results', 'state.json'), `${JSON.stringify(results, null, '\t')}\n`)
