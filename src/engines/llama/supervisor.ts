// Supervises a process that serves on a Unix socket: starts it, waits until it is ready, restarts it when it exits. It
// does not know what the process serves.

import { mkdir, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Subprocess } from 'bun'
import { z } from 'zod'
import type { Clock } from '../../system/clock.ts'
import { type Log, relayLine } from '../../system/log.ts'
import { publicText } from '../../system/public-text.ts'
import { type StartBounds, watchStart } from './start-watch.ts'

/** The operations that the gateway uses. */
const usedOperations = ['chat', 'complete', 'embed', 'tokenize'] as const

const readinessSchema = z.looseObject({
	status: z.enum(['starting', 'ready', 'failed']),
	models: z.array(
		z.looseObject({
			id: z.string(),
			/** Other operations are ignored. */
			operations: z
				.array(z.string())
				.transform((reported) => usedOperations.filter((operation) => reported.includes(operation))),
			contextTokens: z.number().optional(),
			note: z.string().optional(),
		}),
	),
})

/** The model as reported by the process. */
export type ServedModel = z.infer<typeof readinessSchema>['models'][number]

export type ProcessState =
	| { readonly status: 'starting' }
	| { readonly status: 'ready'; readonly model: ServedModel }
	/**
	 * It exits repeatedly right after the start, for a permanent reason, or its start was ended. Restarts continue at a low
	 * rate. The reason contains no paths.
	 */
	| { readonly status: 'failed'; readonly reason: string }

export interface SupervisorOptions {
	/** The command that serves on the socket; exits when its standard input is closed. */
	readonly command: readonly string[]
	/** Absolute path of the socket. */
	readonly socket: string
	readonly environment: Readonly<Record<string, string | undefined>>
	/** A start that exceeds them is ended. Unbounded if absent. */
	readonly startBounds?: StartBounds | undefined
	readonly clock: Clock
	readonly log: Log
}

const firstPauseMs = 200
const longestPauseMs = 10_000
/** A process that ran this long is restarted without a pause when it exits. */
const healthyMs = 60_000
const pollMs = 20
/** Exit status for a configuration that can never work (EX_CONFIG of sysexits.h). */
const permanentFailureStatus = 78
const permanentFailurePauseMs = 15_000
/** After a start that was ended: the next one probably takes as long. */
const endedStartPauseMs = 60_000
const endDeadlineMs = 5000

export class Supervisor {
	private readonly options: SupervisorOptions
	private readonly stop = new AbortController()
	private readonly watchers = new Set<() => void>()
	private child: Subprocess<'pipe', 'ignore', 'pipe'> | undefined
	/** Aborted when the current process has exited. */
	private exited = AbortSignal.abort()
	private current: ProcessState = { status: 'starting' }
	private readonly running: Promise<void>

	constructor(options: SupervisorOptions) {
		this.options = options
		this.running = this.run()
	}

	get state(): ProcessState {
		return this.current
	}

	/** The current process, for tests that kill it. */
	get pid(): number | undefined {
		return this.child?.pid
	}

	/**
	 * Resolves as soon as the process is ready or has failed permanently, at the latest after `timeoutMs`, or when
	 * `signal` is aborted.
	 */
	async settled(timeoutMs: number, signal: AbortSignal): Promise<ProcessState> {
		if (this.current.status !== 'starting') return this.current
		const waited = new AbortController()
		const changed = new Promise<void>((resolve) => {
			const watch = () => {
				if (this.current.status === 'starting') return
				this.watchers.delete(watch)
				resolve()
			}
			this.watchers.add(watch)
		})
		const timeout = this.options.clock.sleep(timeoutMs, AbortSignal.any([signal, waited.signal])).catch(() => undefined)
		await Promise.race([changed, timeout])
		waited.abort()
		return this.current
	}

	/** Reports a broken connection: the process counts as not ready until it, or its successor, reports that it is. */
	probe(): void {
		if (this.current.status !== 'ready') return
		this.become({ status: 'starting' })
		void this.awaitReady(this.exited)
	}

	/** Stops the process by closing its standard input; kills it if it does not exit in time. */
	async close(): Promise<void> {
		this.stop.abort()
		await this.running
	}

	private async run(): Promise<void> {
		const { clock, log } = this.options
		const { signal } = this.stop
		let pauseMs = firstPauseMs
		let lastFailure: string | undefined
		while (!signal.aborted) {
			const startedMs = clock.monotonicMs()
			const { status, lastLine, ended } = await this.runOnce().catch(notStarted)
			if (signal.aborted) break
			const livedMs = clock.monotonicMs() - startedMs
			if (ended !== undefined) {
				lastFailure = undefined
				this.become({ status: 'failed', reason: ended })
				log.error({ reason: ended, lastLine }, 'the start of the embedded engine was ended; retrying')
				pauseMs = endedStartPauseMs
			} else if (status === permanentFailureStatus) {
				this.become({ status: 'failed', reason: publicText(lastLine) })
				if (lastLine !== lastFailure)
					log.error({ reason: lastLine }, 'the embedded engine failed to start; retrying until it succeeds')
				lastFailure = lastLine
				pauseMs = permanentFailurePauseMs
			} else {
				lastFailure = undefined
				this.become({ status: 'starting' })
				log.error({ status, reason: lastLine }, 'the embedded engine exited; restarting')
				pauseMs = livedMs > healthyMs ? firstPauseMs : Math.min(longestPauseMs, pauseMs * 2)
			}
			await clock.sleep(pauseMs, signal).catch(() => undefined)
		}
	}

	/** One run of the process, from start to exit. */
	private async runOnce(): Promise<ProcessRun> {
		const { command, socket, environment } = this.options
		await mkdir(dirname(socket), { recursive: true, mode: 0o700 })
		await rm(socket, { force: true })
		const child = Bun.spawn([...command, '--socket', socket, '--until-stdin-ends'], {
			stdin: 'pipe',
			stdout: 'ignore',
			stderr: 'pipe',
			env: environment,
		})
		this.child = child
		const end = () => void this.end(child)
		this.stop.signal.addEventListener('abort', end, { once: true })
		if (this.stop.signal.aborted) end()
		const lastLine = this.relay(child.stderr)
		const exited = new AbortController()
		void child.exited.then(() => exited.abort())
		this.exited = exited.signal
		const ended = await this.awaitStart(child, exited.signal)
		await child.exited
		this.stop.signal.removeEventListener('abort', end)
		return { status: child.signalCode ?? child.exitCode ?? 'unknown', lastLine: await lastLine, ended }
	}

	/** Waits until the process is ready or has exited. @returns why its start was ended, if it was. */
	private async awaitStart(
		child: Subprocess<'pipe', 'ignore', 'pipe'>,
		exited: AbortSignal,
	): Promise<string | undefined> {
		const { startBounds, clock } = this.options
		const started = new AbortController()
		const ready = this.awaitReady(exited).finally(() => started.abort())
		if (startBounds === undefined) {
			await ready
			return undefined
		}
		const signal = AbortSignal.any([started.signal, this.stop.signal])
		const ended = await watchStart(child.pid, startBounds, clock, signal)
		if (ended !== undefined) child.kill('SIGKILL')
		await ready
		return ended
	}

	private async awaitReady(exited: AbortSignal): Promise<void> {
		const { socket, clock } = this.options
		const signal = AbortSignal.any([exited, this.stop.signal])
		while (!signal.aborted) {
			const model = await readReadiness(socket, signal)
			if (model !== undefined && !signal.aborted) return this.become({ status: 'ready', model })
			await clock.sleep(pollMs, signal).catch(() => undefined)
		}
	}

	/** Forwards the process's output lines to the log; resolves with the last one. */
	private async relay(stream: ReadableStream<Uint8Array>): Promise<string> {
		const decoder = new TextDecoder()
		let [rest, last] = ['', '']
		for await (const chunk of stream) {
			const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
			rest = (lines.pop() ?? '').slice(-10_000)
			for (const line of lines) {
				if (line.trim() === '') continue
				last = line
				relayLine(this.options.log, line, 'embedded engine')
			}
		}
		return rest.trim() === '' ? last : rest
	}

	private async end(child: Subprocess<'pipe', 'ignore', 'pipe'>): Promise<void> {
		// Signals reach the whole process group, so the process ignores them; only the end of its input stops it.
		await child.stdin.end()
		const timer = setTimeout(() => child.kill('SIGKILL'), endDeadlineMs)
		await child.exited
		clearTimeout(timer)
	}

	private become(state: ProcessState): void {
		this.current = state
		for (const watch of [...this.watchers]) watch()
	}
}

interface ProcessRun {
	readonly status: number | string
	readonly lastLine: string
	/** Why its start was ended, if it was. */
	readonly ended?: string | undefined
}

/** The program does not exist, or its socket cannot be created. */
function notStarted(cause: unknown): ProcessRun {
	return { status: 'not started', lastLine: cause instanceof Error ? cause.message : String(cause) }
}

/** The model, once the process reports that it is ready. */
async function readReadiness(socket: string, signal: AbortSignal): Promise<ServedModel | undefined> {
	try {
		const response = await fetch('http://engine/ready', { unix: socket, signal })
		const parsed = readinessSchema.safeParse(await response.json())
		return parsed.success && parsed.data.status === 'ready' ? parsed.data.models[0] : undefined
	} catch {
		return undefined
	}
}
