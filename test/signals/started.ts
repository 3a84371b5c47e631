// A server that was started in one of the ways that people start it, in a session and process group of its own, and what is left of it.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { eventually } from '../faults/gateway.ts'
import { root } from '../server.ts'
import { ofSession } from './processes.ts'

export const starts = {
	bun: [process.execPath, join(root, 'src', 'main.ts'), 'serve'],
	workers: [process.execPath, join(root, 'src', 'main.ts'), 'serve', '--workers', '2'],
	'npm start': ['npm', 'start'],
	npx: ['npx', '--no-install', 'dragoman', 'serve'],
	launcher: ['node', join(root, 'bin', 'dragoman.mjs'), 'serve'],
} as const satisfies Readonly<Record<string, readonly string[]>>

/** Folder of the `node` of a major version; undefined for the one that is on the path. */
const nodeFolders: Readonly<Record<string, string | undefined>> = {
	'24': process.env.DRAGOMAN_TEST_NODE24 ?? join(root, '.cache', 'node24', 'bin'),
}

export interface StartedServer {
	readonly url: string
	readonly key: string
	/** Of the process that was started, its session and its process group. */
	readonly pid: number
	readonly data: string
	log(): string
	/** The exit status of the process that was started; null if a signal ended it. */
	readonly exited: Promise<number | null>
	signal(signal: NodeJS.Signals, to: 'main' | 'group'): void
	ask(body: object, signal?: AbortSignal): Promise<Response>
	/** Resolves once no process of its session runs and its port refuses connections. */
	gone(withinMs?: number): Promise<void>
	/** Ends whatever is left of it. */
	clear(): Promise<void>
}

export interface StartOptions {
	readonly start: keyof typeof starts
	readonly node?: string
	/** YAML or JSON. */
	readonly config: string
	readonly listen?: string
	readonly args?: readonly string[]
	readonly environment?: Readonly<Record<string, string>>
}

export async function startServer(options: StartOptions): Promise<StartedServer> {
	const { start, node = '20', config, listen = '127.0.0.1:0', args = [], environment = {} } = options
	const data = await mkdtemp(join(tmpdir(), 'dragoman-signals-'))
	const configFile = join(data, 'config.yaml')
	await Bun.write(configFile, config)
	const child = Bun.spawn([...starts[start], ...args], {
		cwd: root,
		env: {
			...withoutNpm(process.env),
			PATH: [nodeFolders[node], process.env.PATH].filter((folder) => folder !== undefined).join(delimiter),
			DRAGOMAN_DATA: data,
			DRAGOMAN_CONFIG: configFile,
			DRAGOMAN_LISTEN: listen,
			...environment,
		},
		stdin: 'ignore',
		stdout: 'pipe',
		stderr: 'pipe',
		detached: true,
	})
	const [output, log] = [collected(child.stdout), collected(child.stderr)]
	const clear = async () => {
		for (const { pid } of ofSession(child.pid)) end(pid)
		await child.exited
		await rm(data, { recursive: true, force: true })
	}
	const find = (pattern: RegExp) =>
		eventually(`${pattern} from ${start}: ${log()}`, () => pattern.exec(output())?.[1], 30_000)
	try {
		const url = await Promise.race([
			find(/listens on (http:\S+)/),
			child.exited.then((status) => Promise.reject(new Error(`${start} ended with ${status}: ${output()}${log()}`))),
		])
		const key = await find(/shown this once:\s+(\S+)/)
		return {
			url,
			key,
			pid: child.pid,
			data,
			log,
			exited: child.exited.then(() => child.exitCode),
			signal: (signal, to) => process.kill(to === 'group' ? -child.pid : child.pid, signal),
			ask: (body, signal) =>
				fetch(`${url}/v1/chat/completions`, {
					method: 'POST',
					headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
					body: JSON.stringify(body),
					...(signal === undefined ? {} : { signal }),
				}),
			async gone(withinMs = 10_000) {
				await eventually('end of all processes', () => ofSession(child.pid).length === 0, withinMs).catch(() => {
					throw new Error(`still running: ${JSON.stringify(ofSession(child.pid))}\n${log()}`)
				})
				if (await accepts(url)) throw new Error(`${url} still accepts connections`)
			},
			clear,
		}
	} catch (cause) {
		await clear()
		throw cause
	}
}

/** Whether somebody listens. */
export async function accepts(url: string): Promise<boolean> {
	const { hostname, port } = new URL(url)
	try {
		const socket = await Bun.connect({ hostname, port: Number(port), socket: { data: () => undefined } })
		socket.terminate()
		return true
	} catch {
		return false
	}
}

/** The test itself may run under npm; only what is started through npm here is. */
function withoutNpm(environment: Readonly<Record<string, string | undefined>>) {
	return Object.fromEntries(
		Object.entries(environment).filter(([name]) => !name.startsWith('npm_') && name !== 'DRAGOMAN_LAUNCHERS'),
	)
}

function end(pid: number): void {
	try {
		process.kill(pid, 'SIGKILL')
	} catch {
		// It ended in the meantime.
	}
}

/** What a stream has brought so far. */
function collected(stream: ReadableStream<Uint8Array>): () => string {
	const decoder = new TextDecoder()
	let text = ''
	void (async () => {
		for await (const chunk of stream) text += decoder.decode(chunk, { stream: true })
	})()
	return () => text
}
