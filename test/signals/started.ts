// A server started by one of the supported commands, in a separate session and process group, and its remaining
// processes.

import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { eventually } from '../faults/gateway.ts'
import { firstKeyIn, root } from '../server.ts'
import { ofSession } from './processes.ts'

export const starts = {
	bun: [process.execPath, join(root, 'src', 'main.ts'), 'serve'],
	workers: [process.execPath, join(root, 'src', 'main.ts'), 'serve', '--workers', '2'],
	'npm start': ['npm', 'start'],
	npx: ['npx', '--no-install', 'dragoman', 'serve'],
	launcher: ['node', join(root, 'bin', 'dragoman.mjs'), 'serve'],
} as const satisfies Readonly<Record<string, readonly string[]>>

/** Folder with the `node` of a major version, as the test suite sets it up. */
export function nodeFolder(major: string): string {
	return process.env[`DRAGOMAN_TEST_NODE${major}`] ?? join(root, '.cache', `node${major}`, 'bin')
}

export function isNodeHere(major: string): boolean {
	return existsSync(join(nodeFolder(major), 'node'))
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
	send(body: object, signal?: AbortSignal): Promise<Response>
	/** Resolves once no process of its session runs and its port refuses connections. */
	exitedCompletely(withinMs?: number): Promise<void>
	/** Closes the terminal, or this end of the pipes of standard output and error. */
	closeTerminal(): void
	endInput(): void
	/** Ends whatever is left of it. */
	clear(): Promise<void>
}

export interface StartOptions {
	/** The name of a start command, or a command. */
	readonly start: keyof typeof starts | readonly string[]
	readonly node?: string
	/** YAML or JSON. */
	readonly config: string
	readonly listen?: string
	readonly args?: readonly string[]
	readonly environment?: Readonly<Record<string, string>>
	/** Standard streams are a pseudo-terminal, which controls the session. */
	readonly terminal?: true
	/** A pipe that `endInput` closes; nothing by default. */
	readonly stdin?: 'pipe'
	/** Its data folder as the working directory; the repository by default. */
	readonly cwd?: 'data'
}

export async function startServer(options: StartOptions): Promise<StartedServer> {
	const { start, node = '20', config, listen = '127.0.0.1:0', args = [], environment = {} } = options
	const data = await mkdtemp(join(tmpdir(), 'dragoman-signals-'))
	const configFile = join(data, 'config.yaml')
	await Bun.write(configFile, config)
	const command = [...(typeof start === 'string' ? starts[start] : start), ...args]
	const [output, log] = [new Collected(), new Collected()]
	const context = {
		cwd: options.cwd === 'data' ? data : root,
		env: {
			...withoutNpm(process.env),
			PATH: [nodeFolder(node), process.env.PATH].join(delimiter),
			DRAGOMAN_DATA: data,
			DRAGOMAN_CONFIG: configFile,
			DRAGOMAN_LISTEN: listen,
			...environment,
		},
	}
	const child =
		options.terminal === true
			? onTerminal(command, context, output)
			: onPipes(command, context, options.stdin ?? 'ignore', [output, log])
	const clear = async () => {
		for (const { pid } of ofSession(child.pid)) end(pid)
		await child.exited
		await rm(data, { recursive: true, force: true })
	}
	const find = (pattern: RegExp) =>
		eventually(`${pattern} from ${start}: ${log.text}`, () => pattern.exec(output.text)?.[1], 30_000)
	try {
		const url = await Promise.race([
			find(/listens on (http:\S+)/),
			child.exited.then((status) =>
				Promise.reject(new Error(`${start} ended with ${status}: ${output.text}${log.text}`)),
			),
		])
		await find(/(Create another API key)/)
		const key = await firstKeyIn(output.text)
		return {
			url,
			key,
			pid: child.pid,
			data,
			log: () => log.text,
			exited: child.exited,
			signal: (signal, to) => process.kill(to === 'group' ? -child.pid : child.pid, signal),
			send: (body, signal) =>
				fetch(`${url}/v1/chat/completions`, {
					method: 'POST',
					headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
					body: JSON.stringify(body),
					...(signal === undefined ? {} : { signal }),
				}),
			async exitedCompletely(withinMs = 10_000) {
				await eventually('end of all processes', () => ofSession(child.pid).length === 0, withinMs).catch(() => {
					throw new Error(`still running: ${JSON.stringify(ofSession(child.pid))}\n${log.text}`)
				})
				if (await accepts(url)) throw new Error(`${url} still accepts connections`)
			},
			closeTerminal: child.closeTerminal,
			endInput: child.endInput,
			clear,
		}
	} catch (cause) {
		await clear()
		throw cause
	}
}

/** Runs `use` with a server, and ends whatever is left of it afterwards. */
export async function withServer(options: StartOptions, use: (server: StartedServer) => Promise<void>): Promise<void> {
	const server = await startServer(options)
	try {
		await use(server)
	} finally {
		await server.clear()
	}
}

/** Whether a process listens on the address. */
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

interface Child {
	readonly pid: number
	/** Null if a signal ended it. */
	readonly exited: Promise<number | null>
	readonly closeTerminal: () => void
	readonly endInput: () => void
}

interface Dependencies {
	readonly cwd: string
	readonly env: Readonly<Record<string, string | undefined>>
}

function onPipes(
	command: readonly string[],
	context: Dependencies,
	stdin: 'pipe' | 'ignore',
	[output, log]: [Collected, Collected],
): Child {
	const child = Bun.spawn([...command], {
		...context,
		stdin,
		stdout: 'pipe',
		stderr: 'pipe',
		detached: true,
	})
	const ends = [output.read(child.stdout), log.read(child.stderr)]
	return {
		pid: child.pid,
		exited: child.exited.then(() => child.exitCode),
		closeTerminal: () => {
			for (const end of ends) end()
		},
		endInput: () => void child.stdin?.end(),
	}
}

function onTerminal(command: readonly string[], context: Dependencies, output: Collected): Child {
	const child = Bun.spawn([...command], {
		...context,
		terminal: { cols: 1000, data: (_, bytes) => output.add(bytes) },
	})
	return {
		pid: child.pid,
		exited: child.exited.then(() => child.exitCode),
		closeTerminal: () => child.terminal?.close(),
		endInput: () => undefined,
	}
}

/** What a process has printed so far. */
class Collected {
	text = ''
	private readonly decoder = new TextDecoder()

	add(bytes: Uint8Array): void {
		this.text += this.decoder.decode(bytes, { stream: true })
	}

	/** Returns what stops the reading. */
	read(stream: ReadableStream<Uint8Array>): () => void {
		const reader = stream.getReader()
		const readOn = async () => {
			for (;;) {
				const { done, value } = await reader.read()
				if (done) return
				this.add(value)
			}
		}
		void readOn().catch(() => undefined)
		return () => void reader.cancel().catch(() => undefined)
	}
}
