// The processes of a benchmark, started and stopped together: the model server, nginx, Dragoman, and the load
// processes. The proxy under test has its own core, all others share another one.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Subprocess } from 'bun'
import type { Load, LoadResult } from './load-description.ts'
import { linesOf, start, type Usage, usageOf } from './measured-process.ts'

const root = join(import.meta.dir, '..', '..')
const main = join(root, 'src', 'main.ts')
const [proxyCore, otherCore] = [0, 1]
/** The models of the model server. */
const models = ['unary', 'endless', 'stream-100000-30', 'stream-100000-1000', 'stream-4-5'] as const
/** For a soak; the last one fails over to a healthy upstream. */
const faultyModels = `  faulty: { route: [faulty] }
  broken: { route: [broken] }
  saved: { route: [broken, mock] }
`

export interface Contestant {
	readonly name: 'nginx' | 'dragoman' | 'none'
	readonly port: number
	readonly pid: number
	readonly process: Subprocess<'ignore', 'pipe'>
}

/** A load, and the resources that the proxy used during it. */
export interface Measured {
	readonly result: LoadResult
	readonly before: Usage
	readonly after: Usage
	/** Each second: the number of answers so far, and the proxy's memory. */
	readonly course: readonly { readonly answers: number; readonly memoryMb: number }[]
}

export interface Served {
	readonly requests: number
	readonly endlessBytes: number
	/** Open now. */
	readonly connections: number
}

export class Stage {
	/** The model server itself, as if it were a proxy. */
	readonly direct: Contestant
	private readonly folder: string
	private readonly started: Subprocess[] = []
	private key = ''

	private constructor(folder: string, mock: Subprocess<'ignore', 'pipe'>, port: number) {
		this.folder = folder
		this.started.push(mock)
		this.direct = { name: 'none', port, pid: mock.pid, process: mock }
	}

	static async open(): Promise<Stage> {
		const folder = await mkdtemp(join(tmpdir(), 'dragoman-bench-'))
		const mock = start([process.execPath, join(import.meta.dir, 'mock.ts')], { core: otherCore })
		return new Stage(folder, mock, Number((await linesOf(mock.stdout).next()).value))
	}

	/** One worker, keep-alive connections to the model server, no buffering of answers, an access log in a file. */
	async startNginx(): Promise<Contestant> {
		const port = freePort()
		const config = join(this.folder, 'nginx.conf')
		await writeFile(
			config,
			`worker_processes 1; daemon off; pid ${this.folder}/nginx.pid; error_log ${this.folder}/nginx-error.log;
events { worker_connections 60000; }
http {
	access_log ${this.folder}/nginx-access.log combined buffer=64k flush=1s;
	keepalive_requests 100000000;
	upstream mock { server 127.0.0.1:${this.direct.port}; keepalive 12000; keepalive_requests 100000000; }
	server {
		listen 127.0.0.1:${port} backlog=8192;
		client_body_buffer_size 64k;
		location / { proxy_pass http://mock; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }
	}
}
`,
		)
		return this.take('nginx', port, ['nginx', '-c', config])
	}

	/** As an operator would: a stored key, metrics, and the request log in a file. `bunFlags` are for the runtime. */
	async startDragoman(bunFlags: readonly string[] = []): Promise<Contestant> {
		const port = freePort()
		const data = join(this.folder, 'data')
		const config = join(this.folder, 'dragoman.yaml')
		const served = models.map((name) => `  ${name}: { route: [mock] }\n`).join('')
		const upstream = `engine: openai-compatible, url: "http://127.0.0.1:${this.direct.port}/v1"`
		await writeFile(
			config,
			`models:\n${served}${faultyModels}upstreams:
  mock: { ${upstream} }
  faulty:
    { ${upstream}, timeouts: { firstByteMs: 2000, betweenChunksMs: 2000 }, concurrency: { limit: 40 }, breaker: { failures: 1000000 } }
  broken: { ${upstream}, model: broken }
`,
		)
		const settings = ['--config', config, '--data', data]
		const contestant = await this.take(
			'dragoman',
			port,
			[process.execPath, ...bunFlags, main, 'serve', ...settings, '--listen', `127.0.0.1:${port}`],
			join(this.folder, 'dragoman.log'),
		)
		// The server has created the database.
		const created = Bun.spawnSync([process.execPath, main, 'keys', 'create', '--name', 'bench', '--data', data])
		this.key = created.stdout.toString().trim()
		if (this.key === '') throw new Error(`no key was created: ${created.stderr.toString()}`)
		return contestant
	}

	/** Runs a load. The resources of the proxy are measured once the load is running. */
	async load(proxy: Contestant, load: Omit<Load, 'port' | 'key'>): Promise<Measured> {
		const job: Load = { ...load, port: proxy.port, key: this.key }
		const child = start([process.execPath, join(import.meta.dir, 'load.ts'), JSON.stringify(job)], { core: otherCore })
		const course: { answers: number; memoryMb: number }[] = []
		let before: Usage | undefined
		let after: Usage | undefined
		let result: LoadResult = {}
		for await (const line of linesOf(child.stdout)) {
			const now = usageOf(proxy.pid)
			if (before === undefined) before = now
			else {
				after = now
				result = JSON.parse(line)
				course.push({ answers: result.answers ?? 0, memoryMb: now.memoryMb })
			}
		}
		if (before === undefined || after === undefined)
			throw new Error(`the load '${load.kind}' on ${proxy.name} broke down`)
		return { result, before, after, course }
	}

	async served(): Promise<Served> {
		const answer = await fetch(`http://127.0.0.1:${this.direct.port}/count`)
		return (await answer.json()) as Served
	}

	/** Stops one gracefully. */
	async end({ process }: Contestant): Promise<void> {
		process.kill('SIGTERM')
		await process.exited
	}

	async close(): Promise<void> {
		for (const process of this.started.reverse()) process.kill()
		await Promise.all(this.started.map(({ exited }) => exited))
		await rm(this.folder, { recursive: true, force: true })
	}

	private async take(
		name: Contestant['name'],
		port: number,
		command: readonly string[],
		log?: string,
	): Promise<Contestant> {
		const child = start(command, { core: proxyCore, ...(log === undefined ? {} : { log }) })
		this.started.push(child)
		await listening(port)
		return { name, port, pid: child.pid, process: child }
	}
}

function freePort(): number {
	const server = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } })
	const { port } = server
	server.stop(true)
	return port
}

async function listening(port: number): Promise<void> {
	for (let tries = 0; tries < 200; tries++) {
		const socket = await Bun.connect({ hostname: '127.0.0.1', port, socket: { data: () => undefined } }).catch(
			() => undefined,
		)
		if (socket !== undefined) return void socket.end()
		await Bun.sleep(50)
	}
	throw new Error(`nothing listens on port ${port}`)
}
