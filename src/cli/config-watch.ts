// Watches the configuration file and the files of its secrets while the server runs: a change, or SIGHUP, reloads
// models, upstreams and what the web page says. An invalid file changes nothing, and the reason is logged. A file that
// lacks something that it contained before may be incomplete, so it must remain unchanged for longer than any other.

import { ConfigError } from '../config/config-error.ts'
import { stateOf } from '../config/file-state.ts'
import { findLoss } from '../config/loss.ts'
import type { Settings } from '../config/settings.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { systemClock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'

export interface ConfigWatch {
	/** Reloads the files immediately, like SIGHUP. */
	reload(): void
	close(): void
}

export interface ConfigWatchTimes {
	/** Interval between two checks of the files, in milliseconds. */
	readonly pollMs: number
	/** How long a file must remain unchanged before a change takes effect, in milliseconds. */
	readonly settledMs: number
	/** The same for a change that removes something, in milliseconds. */
	readonly certainMs: number
}

const defaultTimes: ConfigWatchTimes = { pollMs: 250, settledMs: 1000, certainMs: 10_000 }

/** Fields that can be reloaded while the server runs; all others need a restart. */
const replaceable: ReadonlySet<string> = new Set(['models', 'upstreams', 'page'])

export interface ConfigWatchOptions {
	/** The settings that the server was started with. */
	readonly settings: Settings
	/** Reads the configuration in the same way as at startup. */
	readonly read: () => Promise<Settings>
	readonly gateway: Pick<Gateway, 'reload' | 'models'>
	readonly log: Log
	readonly times?: ConfigWatchTimes | undefined
}

export function watchConfig(options: ConfigWatchOptions): ConfigWatch {
	const { settings, log, times = defaultTimes } = options
	for (const warning of settings.warnings) log.warn(warning)
	const watch = new Watch({ ...options, times })
	const closing = new AbortController()
	let running = Promise.resolve()
	const enqueue = (work: () => Promise<void>) => {
		running = running.then(work)
		return running
	}
	const reload = () => {
		if (!closing.signal.aborted) void enqueue(() => watch.readNow())
	}
	if (settings.file !== undefined) void follow(() => enqueue(() => watch.check()), times, closing.signal)
	return {
		reload,
		close() {
			closing.abort()
		},
	}
}

async function follow(check: () => Promise<void>, { pollMs }: ConfigWatchTimes, signal: AbortSignal): Promise<void> {
	while (!signal.aborted) {
		await check()
		await systemClock.sleep(pollMs, signal).catch(() => undefined)
	}
}

class Watch {
	private readonly file: string | undefined
	private readonly read: () => Promise<Settings>
	private readonly gateway: Pick<Gateway, 'reload' | 'models'>
	private readonly log: Log
	private readonly times: ConfigWatchTimes
	private current: Settings
	private files: readonly string[]
	/** The state of the files at the last check, and since when they have had it. */
	private lastState = ''
	private sinceMs = 0
	/**
	 * The state of the files that was applied or rejected. The first check compares with the configuration read at
	 * startup.
	 */
	private settled: string | undefined
	private suspect: string | undefined
	private lastReason: string | undefined

	constructor({ settings, read, gateway, log, times }: ConfigWatchOptions & { readonly times: ConfigWatchTimes }) {
		this.file = settings.file
		this.read = read
		this.gateway = gateway
		this.log = log
		this.times = times
		this.current = settings
		this.files = this.filesOf(settings.reading.secretFiles)
	}

	/** Applies a change after the files have been unchanged for long enough. */
	async check(): Promise<void> {
		const state = await stateOf(this.files)
		if (state === undefined) return
		const nowMs = performance.now()
		if (state !== this.lastState) {
			this.lastState = state
			this.sinceMs = nowMs
		}
		const unchangedMs = nowMs - this.sinceMs
		const { settledMs, certainMs } = this.times
		if (state === this.settled || unchangedMs < (state === this.suspect ? certainMs : settledMs)) return
		const next = await this.tryToRead(state)
		if (next === undefined || (await stateOf(this.files)) !== state) return
		if (Bun.deepEquals(next.reading.values, this.current.reading.values)) this.settle(state, next)
		else {
			const loss = findLoss(this.current.reading, next.reading)
			if (loss === undefined || unchangedMs >= certainMs) await this.use(state, next)
			else this.defer(state, loss)
		}
	}

	/** Reloads without a delay, for an operator who knows that the files are complete. */
	async readNow(): Promise<void> {
		const state = (await stateOf(this.files)) ?? ''
		this.lastReason = undefined
		const next = await this.tryToRead(state)
		if (next !== undefined) await this.use(state, next)
	}

	private async tryToRead(state: string): Promise<Settings | undefined> {
		try {
			return await this.read()
		} catch (thrown) {
			this.refuse(state, thrown)
			if (thrown instanceof ConfigError && thrown.secretFiles.length > 0)
				this.follow([...this.files, ...thrown.secretFiles])
			return undefined
		}
	}

	private async use(state: string, next: Settings): Promise<void> {
		const { config } = next
		try {
			await this.gateway.reload(config)
		} catch (thrown) {
			this.refuse(state, thrown)
			return
		}
		const running = this.current.config
		const waiting = Object.entries(config)
			.filter(([name, value]) => !replaceable.has(name) && !Bun.deepEquals(value, Reflect.get(running, name)))
			.map(([name]) => name)
		this.log.info({ models: this.gateway.models.map(({ name }) => name) }, 'configuration reloaded')
		if (waiting.length > 0) this.log.warn({ fields: waiting }, 'these changes need a restart')
		for (const warning of next.warnings) if (!this.current.warnings.includes(warning)) this.log.warn(warning)
		this.settle(state, next)
	}

	/** Fields that need a restart retain their current values. */
	private settle(state: string, next: Settings): void {
		const { models, upstreams, page } = next.config
		this.current = { ...next, config: { ...this.current.config, models, upstreams, page } }
		this.settled = state
		this.suspect = undefined
		this.lastReason = undefined
		this.follow(this.filesOf(next.reading.secretFiles))
	}

	private defer(state: string, loss: string): void {
		this.suspect = state
		this.log.warn(
			{ loss },
			`the configuration file may be incomplete: ${loss}. It takes effect after ${this.times.certainMs / 1000} seconds without changes, or immediately on SIGHUP`,
		)
	}

	/** Logs the same reason only once, even if the file is written in several steps. */
	private refuse(state: string, thrown: unknown): void {
		this.settled = state
		const reason = thrown instanceof Error ? thrown.message : String(thrown)
		if (reason === this.lastReason) return
		this.lastReason = reason
		this.log.error({ reason }, 'configuration rejected; the current one remains in use')
	}

	private filesOf(secretFiles: readonly string[]): readonly string[] {
		return [...(this.file === undefined ? [] : [this.file]), ...secretFiles]
	}

	/** A different set of files has a different state, so the delay starts again. */
	private follow(files: readonly string[]): void {
		this.files = [...new Set(files)]
	}
}
