// npm run bench: Dragoman beside nginx, in front of the same model server, on the same core, in the same run. Keys, routing, metrics and
// the request log are on. Absolute times are noise; the ratios are the result.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Subprocess } from 'bun'
import { linesOf, openFiles, start, type Usage, usageOf } from './measured-process.ts'

const root = join(import.meta.dir, '..', '..')
const bun = process.execPath
const quick = process.argv.includes('--quick')
const soakMinutes = readSoak(process.argv)
const seconds = quick ? 3 : 6
const rounds = quick ? 1 : 3
const [proxyCore, otherCore] = [0, 1]
const key = 'bench-key-0123456789abcdef'

interface Proxy {
	readonly name: string
	readonly port: number
	readonly pid: number
}

interface Loaded {
	readonly answers?: number
	readonly failures?: number
	readonly perSecond?: number
	readonly p50Ms?: number
	readonly p99Ms?: number
	readonly open?: number
	readonly ended?: number
	readonly events?: number
	readonly before: Usage
	readonly after: Usage
}

const folder = await mkdtemp(join(tmpdir(), 'dragoman-bench-'))
const started: Subprocess[] = []
try {
	const mock = start([bun, join(import.meta.dir, 'mock.ts')], otherCore)
	started.push(mock)
	const mockPort = Number((await linesOf(mock.stdout).next()).value)
	const direct: Proxy = { name: 'no proxy', port: mockPort, pid: mock.pid }
	const nginx = await startNginx(mockPort)
	const ours = await startDragoman(mockPort)
	if (soakMinutes > 0) await soak(ours, soakMinutes)
	else await compare(direct, nginx, ours, mockPort)
} finally {
	for (const process of started.reverse()) process.kill()
	await Promise.all(started.map(({ exited }) => exited))
	await rm(folder, { recursive: true, force: true })
}

interface Row {
	readonly measure: string
	readonly ours: string
	readonly nginx: string
	readonly ratio?: number
	readonly aim: string
}

async function compare(direct: Proxy, nginx: Proxy, ours: Proxy, mockPort: number): Promise<void> {
	await load(ours, 'closed', 16, quick ? 3 : 10)
	const rows: Row[] = []
	const unary = await alternate(nginx, ours, (proxy) => load(proxy, 'closed', 16, seconds))
	rows.push(
		ratioRow(
			'CPU per unary request, µs',
			unary,
			({ before, after, answers = 1 }) => (after.cpuMicros - before.cpuMicros) / answers,
			'≤ 2.0',
		),
	)
	const bare = await load(direct, 'closed', 16, seconds)
	rows.push(ratioRow('requests a second, saturated', unary, ({ perSecond = 0 }) => perSecond, ''))
	rows.push({ measure: 'the same without a proxy', ours: shown(bare.perSecond ?? 0), nginx: '', aim: "above nginx's" })
	const rate = Math.floor(median(unary.map(([, own]) => own.perSecond ?? 0)) / 2)
	const [at0, atNginx, atOurs] = [
		await load(direct, 'open', rate, seconds),
		await load(nginx, 'open', rate, seconds),
		await load(ours, 'open', rate, seconds),
	]
	const added = (loaded: Loaded, which: 'p50Ms' | 'p99Ms') => Math.max(0.001, (loaded[which] ?? 0) - (at0[which] ?? 0))
	for (const which of ['p50Ms', 'p99Ms'] as const)
		rows.push({
			measure: `added ${which.slice(0, 3)} at ${rate} requests a second, ms`,
			ours: shown(added(atOurs, which)),
			nginx: shown(added(atNginx, which)),
			ratio: added(atOurs, which) / added(atNginx, which),
			aim: which === 'p99Ms' ? '≤ 2' : '',
		})
	const streams = await alternate(nginx, ours, (proxy) => load(proxy, 'streams', 1000, seconds, 'stream-100000-30'))
	rows.push(
		ratioRow(
			'CPU per stream event at 1,000 streams, µs',
			streams,
			({ before, after, events = 1 }) => (after.cpuMicros - before.cpuMicros) / events,
			'≤ 1.1',
		),
	)
	rows.push(ratioRow('memory at 1,000 streams, MB', streams, ({ after }) => after.memoryMb, '≤ 100 MB'))
	if (!quick) {
		const many = Math.min(10_000, Math.floor((descriptorLimit() - 600) / 2))
		const held = [
			[
				await load(nginx, 'streams', many, 4, 'stream-100000-1000'),
				await load(ours, 'streams', many, 4, 'stream-100000-1000'),
			],
		] as const
		rows.push(ratioRow(`memory at ${many} streams, MB`, held, ({ after }) => after.memoryMb, '≤ 500 MB at 10,000'))
		rows.push(await growth(ours))
	}
	rows.push(await slow(ours, mockPort))
	await report(rows)
}

/** Loads one after the other, round by round, so that a busy moment of the machine falls on both. */
async function alternate(
	nginx: Proxy,
	ours: Proxy,
	run: (proxy: Proxy) => Promise<Loaded>,
): Promise<readonly (readonly [Loaded, Loaded])[]> {
	const pairs: (readonly [Loaded, Loaded])[] = []
	for (let round = 0; round < rounds; round++) pairs.push([await run(nginx), await run(ours)])
	return pairs
}

function ratioRow(
	measure: string,
	pairs: readonly (readonly [Loaded, Loaded])[],
	value: (loaded: Loaded) => number,
	aim: string,
): Row {
	return {
		measure,
		nginx: shown(median(pairs.map(([loaded]) => value(loaded)))),
		ours: shown(median(pairs.map(([, loaded]) => value(loaded)))),
		ratio: median(pairs.map(([theirs, own]) => value(own) / value(theirs))),
		aim,
	}
}

async function load(proxy: Proxy, kind: string, amount: number, forSeconds: number, model = 'unary'): Promise<Loaded> {
	const child = start(
		[bun, join(import.meta.dir, 'load.ts'), kind, String(proxy.port), key, String(amount), String(forSeconds), model],
		otherCore,
	)
	const lines = linesOf(child.stdout)
	await lines.next()
	const before = usageOf(proxy.pid)
	const { value } = await lines.next()
	const after = usageOf(proxy.pid)
	await child.exited
	return { ...JSON.parse(value ?? '{}'), before, after }
}

/** Memory over many requests: what the second half adds to the first. */
async function growth(ours: Proxy): Promise<Row> {
	const marks: number[] = []
	for (let part = 0; part < 4; part++) marks.push((await load(ours, 'closed', 16, 8)).after.memoryMb)
	const [, half = 0, , end = 0] = marks
	return {
		measure: 'memory after half and all of 100,000 requests and more, MB',
		ours: `${shown(half)}, ${shown(end)}`,
		nginx: '',
		aim: 'none',
	}
}

/** A client that does not read: what the model server could get rid of, and what we hold. */
async function slow(ours: Proxy, mockPort: number): Promise<Row> {
	const count = async () => {
		const answer = await fetch(`http://127.0.0.1:${mockPort}/count`)
		const body: unknown = await answer.json()
		return Number(Reflect.get(Object(body), 'endlessBytes'))
	}
	const memory = usageOf(ours.pid).memoryMb
	const running = load(ours, 'slow', 1, 6, 'endless')
	await Bun.sleep(3000)
	const early = await count()
	await Bun.sleep(2000)
	const late = await count()
	const grown = usageOf(ours.pid).memoryMb - memory
	await running
	return {
		measure: 'slow client: MB taken from the model server in all, in the last 2 s; our memory',
		ours: `${shown(late / 1e6)}, ${shown((late - early) / 1e6)}; ${grown >= 0 ? '+' : ''}${shown(grown)}`,
		nginx: '',
		aim: 'flat',
	}
}

/** Load for minutes, with clients that hang up: afterwards nothing must be left. */
async function soak(ours: Proxy, minutes: number): Promise<void> {
	await load(ours, 'closed', 16, 5)
	await Bun.sleep(6000)
	const before = { ...usageOf(ours.pid), files: openFiles(ours.pid) }
	const untilMs = performance.now() + minutes * 60_000
	while (performance.now() < untilMs) {
		await load(ours, 'closed', 16, 8)
		// Each of these ends by hanging up in the middle.
		await load(ours, 'streams', 500, 3, 'stream-100000-30')
		await load(ours, 'slow', 1, 1, 'endless')
	}
	await Bun.sleep(8000)
	const after = { ...usageOf(ours.pid), files: openFiles(ours.pid) }
	const gauges = await (await fetch(`http://127.0.0.1:${ours.port}/metrics`)).text()
	const busy = [
		...gauges.matchAll(/^dragoman_(?:requests_running|upstream_running\S*|upstream_waiting\S*) (\d+)/gm),
	].map(([, value]) => Number(value))
	const leaked = after.files > before.files + 20 || busy.some((value) => value !== 0)
	process.stdout.write(
		`open files ${before.files} → ${after.files}, memory ${shown(before.memoryMb)} → ${shown(after.memoryMb)} MB, running or waiting ${busy.join(', ')}\n`,
	)
	if (leaked) process.exitCode = 1
}

async function startNginx(mockPort: number): Promise<Proxy> {
	const port = freePort()
	const config = join(folder, 'nginx.conf')
	await writeFile(
		config,
		`worker_processes 1; daemon off; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
events { worker_connections 60000; }
http {
	access_log ${folder}/access.log combined buffer=64k flush=1s;
	keepalive_requests 100000000;
	upstream mock { server 127.0.0.1:${mockPort}; keepalive 12000; keepalive_requests 100000000; }
	server {
		listen 127.0.0.1:${port} backlog=8192;
		client_body_buffer_size 64k;
		location / { proxy_pass http://mock; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }
	}
}
`,
	)
	const child = start(['nginx', '-c', config], proxyCore)
	started.push(child)
	await reachable(port)
	return { name: 'nginx', port, pid: child.pid }
}

async function startDragoman(mockPort: number): Promise<Proxy> {
	const port = freePort()
	const config = join(folder, 'dragoman.yaml')
	const names = ['unary', 'endless', 'stream-100000-30', 'stream-100000-1000']
	await writeFile(
		config,
		`adminKey: ${key}
models:
${names.map((name) => `  ${name}: { route: [mock] }`).join('\n')}
upstreams:
  mock: { engine: openai-compatible, url: "http://127.0.0.1:${mockPort}/v1" }
`,
	)
	const child = start(
		[
			bun,
			join(root, 'src', 'main.ts'),
			'serve',
			'--config',
			config,
			'--data',
			join(folder, 'data'),
			'--listen',
			`127.0.0.1:${port}`,
		],
		proxyCore,
	)
	started.push(child)
	await reachable(port)
	return { name: 'dragoman', port, pid: child.pid }
}

function freePort(): number {
	const server = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } })
	const { port } = server
	server.stop(true)
	return port
}

async function reachable(port: number): Promise<void> {
	for (let tries = 0; tries < 100; tries++) {
		const open = await Bun.connect({ hostname: '127.0.0.1', port, socket: { data: () => undefined } }).catch(
			() => undefined,
		)
		if (open !== undefined) return void open.end()
		await Bun.sleep(100)
	}
	throw new Error(`nothing listens on port ${port}`)
}

async function report(rows: readonly Row[]): Promise<void> {
	const lines = [
		'| measure | Dragoman | nginx | ratio | aim |',
		'|---|---|---|---|---|',
		...rows.map(
			({ measure, ours, nginx, ratio, aim }) =>
				`| ${measure} | ${ours} | ${nginx} | ${ratio === undefined ? '' : ratio.toFixed(2)} | ${aim} |`,
		),
	]
	process.stdout.write(`${lines.join('\n')}\n`)
	if (quick) return
	const results = join(root, 'bench', 'results')
	await mkdir(results, { recursive: true })
	const machine = {
		cpu: cpus()[0]?.model,
		cores: cpus().length,
		bun: Bun.version,
		date: new Date().toISOString().slice(0, 10),
	}
	await writeFile(join(results, 'proxy.json'), `${JSON.stringify({ machine, rows }, null, '\t')}\n`)
}

function median(values: readonly number[]): number {
	return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

function shown(value: number): string {
	return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2)
}

function descriptorLimit(): number {
	return Number(Bun.spawnSync(['sh', '-c', 'ulimit -n']).stdout.toString()) || 1024
}

function readSoak(args: readonly string[]): number {
	const at = args.indexOf('--soak')
	return at === -1 ? 0 : Number(args[at + 1] ?? 10) || 10
}
