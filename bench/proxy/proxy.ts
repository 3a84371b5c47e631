// npm run bench: Dragoman beside nginx, in front of the same model server, on the same core, in the same run. Keys,
// routing, metrics and the request log are on. Absolute times are noise; the ratios are the result. `--quick` takes a
// minute, `--soak [MINUTES]` finds leaks, `--profile` shows where CPU time is spent. docs/benchmarks.md explains the
// measures.

import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Comparison, type Pace } from './comparison.ts'
import { growth } from './growth.ts'
import { hottest, readProfile } from './profile.ts'
import { soak } from './soak.ts'
import { Stage } from './stage.ts'
import { keepTable, type Row, writeTable } from './table.ts'

const root = join(import.meta.dir, '..', '..')
const results = join(root, 'bench', 'results')

const usual: Pace = {
	warmUpSeconds: 20,
	seconds: 5,
	rounds: 3,
	requests: 100_000,
	streams: 50_000,
	manyStreams: true,
}
const hurried: Pace = {
	warmUpSeconds: 8,
	seconds: 2,
	rounds: 1,
	requests: 0,
	streams: 0,
	manyStreams: false,
}
/** The load of one minute of a soak; ten minutes are the load that the aims require. */
const eachMinute = { requests: 100_000, streams: 10_000 }

function report(line: string): void {
	process.stderr.write(`${line}\n`)
}

async function compare(stage: Stage, pace: Pace, keep: boolean): Promise<void> {
	const nginx = await stage.startNginx()
	const dragoman = await stage.startDragoman()
	const rows = await new Comparison(stage, { nginx, dragoman }, pace).run(({ measure }) =>
		report(`measured: ${measure}`),
	)
	process.stdout.write(writeTable(rows))
	if (keep) await keepTable(results, rows, nginxVersion())
}

async function runSoak(stage: Stage, minutes: number): Promise<void> {
	const dragoman = await stage.startDragoman()
	const result = await soak(stage, dragoman, minutes, report)
	const rows: Row[] = []
	for (const over of ['requests', 'streams'] as const)
		rows.push(await growth(stage, dragoman, over, Math.ceil(eachMinute[over] * minutes)))
	await mkdir(results, { recursive: true })
	await writeFile(join(results, 'soak.json'), `${JSON.stringify({ minutes, ...result, rows }, undefined, '\t')}\n`)
	process.stdout.write(`${JSON.stringify(result, undefined, '\t')}\n${writeTable(rows)}`)
	process.stdout.write(result.problems.length === 0 ? 'No leaks were found.\n' : `${result.problems.join('\n')}\n`)
	if (result.problems.length > 0) process.exitCode = 1
}

async function profile(stage: Stage): Promise<void> {
	const loads = {
		unary: { kind: 'closed', model: 'unary', connections: 32, seconds: 15 },
		streams: { kind: 'streams', model: 'stream-100000-30', connections: 600, seconds: 15 },
	} as const
	for (const [name, load] of Object.entries(loads)) {
		const folder = join(root, '.cache', 'profile', name)
		await rm(folder, { recursive: true, force: true })
		await mkdir(folder, { recursive: true })
		const dragoman = await stage.startDragoman(['--cpu-prof', `--cpu-prof-dir=${folder}`])
		await stage.load(dragoman, load)
		await stage.end(dragoman)
		process.stdout.write(`\n${name}: ${folder}\n`)
		for (const { name, share } of hottest(await readProfile(folder), 30))
			process.stdout.write(`${(share * 100).toFixed(1).padStart(5)} %  ${name}\n`)
	}
}

function nginxVersion(): string {
	return /nginx\/(\S+)/.exec(Bun.spawnSync(['nginx', '-v']).stderr.toString())?.[1] ?? 'unknown'
}

const { values, positionals } = parseArgs({
	options: {
		quick: { type: 'boolean', default: false },
		soak: { type: 'boolean', default: false },
		profile: { type: 'boolean', default: false },
	},
	allowPositionals: true,
})
const stage = await Stage.open()
try {
	if (values.soak) await runSoak(stage, Number(positionals[0] ?? 10))
	else if (values.profile) await profile(stage)
	else if (values.quick) await compare(stage, hurried, false)
	else await compare(stage, usual, true)
} finally {
	await stage.close()
}
