// A real server process for tests: `dragoman serve` on a free port with a new data folder.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const root = join(import.meta.dir, '..')
const main = join(root, 'src', 'main.ts')

export interface TestServer {
	readonly url: string
	/** The first key, from its file; empty without one. */
	readonly key: string
	readonly data: string
	readonly pid: number
	/** What it printed on standard output so far. */
	output(): string
	/** What it printed on standard error so far. A line may arrive after the response to the request that caused it. */
	log(): string
	/** Waits until the log contains `text`. */
	logged(text: string): Promise<void>
	/** A request with the key and a JSON body, if any. */
	call(path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>
	/** Ends the process with `signal` and waits; resolves to its exit status. */
	stop(signal?: NodeJS.Signals): Promise<number | null>
}

export interface TestServerOptions {
	/** YAML of the configuration; the echo engine's example where absent. */
	readonly config?: string
	/** A data folder that exists already. */
	readonly data?: string
	readonly args?: readonly string[]
	/** A file that runs in the process before the server. */
	readonly preload?: string
	readonly environment?: Readonly<Record<string, string>>
	/** Limit of open files and sockets of the process; that of the tests where absent. */
	readonly descriptors?: number
	/** How long it may take to listen, in milliseconds. */
	readonly startTimeoutMs?: number
}

export async function temporaryFolder(): Promise<string> {
	return mkdtemp(join(tmpdir(), 'dragoman-test-'))
}

export async function startServer(options: TestServerOptions = {}): Promise<TestServer> {
	const data = options.data ?? (await temporaryFolder())
	const config = options.config === undefined ? join(root, 'examples', 'echo.yaml') : join(data, 'config.yaml')
	if (options.config !== undefined) await writeFile(config, options.config)
	const limited =
		options.descriptors === undefined ? [] : ['sh', '-c', `ulimit -n ${options.descriptors}; exec "$@"`, 'sh']
	const child = Bun.spawn(
		[
			...limited,
			process.execPath,
			...(options.preload === undefined ? [] : ['--preload', options.preload]),
			main,
			'serve',
			'--listen',
			'127.0.0.1:0',
			'--config',
			config,
			...(options.args ?? []),
		],
		{
			cwd: data,
			env: { ...process.env, DRAGOMAN_DATA: data, ...options.environment },
			stdin: 'ignore',
			stdout: 'pipe',
			stderr: 'pipe',
		},
	)
	const output = new Transcript(child.stdout)
	const log = new Transcript(child.stderr)
	const address = () => (output.text.includes('curl') ? /listens on (http:\S+)/.exec(output.text)?.[1] : undefined)
	const url = await output.find('an address', address, options.startTimeoutMs ?? 45_000).catch(async (cause) => {
		child.kill('SIGKILL')
		throw new Error(`the server did not start: ${log.text}`, { cause })
	})
	const key = await firstKeyIn(output.text)
	return {
		url,
		key,
		data,
		pid: child.pid,
		output: () => output.text,
		log: () => log.text,
		logged: async (text) => void (await log.find(text, () => log.text.includes(text) || undefined, 10_000)),
		call: (path, body, headers = {}) =>
			fetch(url + path, {
				method: body === undefined ? 'GET' : 'POST',
				headers: {
					authorization: `Bearer ${key}`,
					...(body === undefined ? {} : { 'content-type': 'application/json' }),
					...headers,
				},
				...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
			}),
		async stop(signal = 'SIGTERM') {
			child.kill(signal)
			await child.exited
			// A process that it started, and that outlives it, has the pipes open.
			await Promise.race([Promise.all([output.ended, log.ended]), Bun.sleep(1000)])
			if (options.data === undefined && signal !== 'SIGKILL') await rm(data, { recursive: true, force: true })
			return child.exitCode
		},
	}
}

/**
 * The first key, from the file that a server printed the name of, or as it printed it on a terminal; empty without one.
 */
export async function firstKeyIn(printed: string): Promise<string> {
	const shown = /shown this once:\s+(\S+)/.exec(printed)?.[1]
	if (shown !== undefined) return shown
	const file = /Your API key is in (.+), a file/.exec(printed)?.[1]
	return file === undefined ? '' : (await readFile(file, 'utf8')).trim()
}

/** Runs a command of ours to its end. */
export function runCommand(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
	return runProcess([process.execPath, main, ...args], { env: { ...process.env, ...environment } })
}

/** Runs a process to its end, with what it printed. */
export async function runProcess(
	argv: readonly string[],
	options: {
		readonly cwd?: string
		readonly env?: Readonly<Record<string, string | undefined>>
		/** Empty unless given; a pipe stays open. */
		readonly stdin?: 'ignore' | 'pipe'
		/** After so many milliseconds it is killed. */
		readonly timeout?: number
	} = {},
) {
	const child = Bun.spawn([...argv], {
		stdin: 'ignore',
		stdout: 'pipe',
		stderr: 'pipe',
		killSignal: 'SIGKILL',
		...options,
	})
	const [stdout, stderr, status] = await Promise.all([
		new Response(child.stdout).text(),
		new Response(child.stderr).text(),
		child.exited,
	])
	return { stdout, stderr, status }
}

/** The output of a process so far. */
class Transcript {
	text = ''
	/** When the process, and each other one that writes to the stream, has closed it. */
	readonly ended: Promise<void>
	private readonly watchers = new Set<() => void>()

	constructor(stream: ReadableStream<Uint8Array>) {
		this.ended = this.read(stream)
	}

	/**
	 * The first result of `search`, which runs after each piece of output.
	 *
	 * @throws Error after `timeoutMs` milliseconds.
	 */
	find<Found>(description: string, search: () => Found | undefined, timeoutMs: number): Promise<Found> {
		return new Promise((resolve, reject) => {
			const finish = (end: () => void) => {
				clearTimeout(timer)
				this.watchers.delete(check)
				end()
			}
			const check = () => {
				const found = search()
				if (found !== undefined) finish(() => resolve(found))
			}
			const missing = () => new Error(`not printed within ${timeoutMs} ms: ${description}. Printed: ${this.text}`)
			const timer = setTimeout(() => finish(() => reject(missing())), timeoutMs)
			this.watchers.add(check)
			check()
		})
	}

	private async read(stream: ReadableStream<Uint8Array>): Promise<void> {
		const decoder = new TextDecoder()
		for await (const chunk of stream) {
			this.text += decoder.decode(chunk, { stream: true })
			for (const watch of this.watchers) watch()
		}
	}
}
