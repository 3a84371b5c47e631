// Decides whether the clock can be trusted for deletion by age. A machine whose clock is far ahead, at boot or because
// of a wrong time server, would delete everything. The last trusted time is stored in a file: a clock that is far ahead
// of it is trusted only after the server has run with it for a day. It does not know what is deleted.

import { readFile, rename, writeFile } from 'node:fs/promises'
import { z } from 'zod'

export interface ClockGuardOptions {
	/** Created if it does not exist; shared by processes of one machine. */
	readonly file: string
	/** How far the clock may be ahead of the last trusted time, for example after the server was off. */
	readonly limitMs: number
}

/** `first`: no time was trusted before. */
export type ClockAssessment =
	| { readonly type: 'believed' }
	| { readonly type: 'first' }
	| { readonly type: 'ahead'; readonly byMs: number }

const dayMs = 86_400_000
/** How long a server must run with a clock until it is trusted. */
const probationMs = dayMs
/**
 * Maximum interval between two checks that counts as running time; longer ones include time in which the server was
 * off.
 */
const longestStepMs = 3_600_000

const stateSchema = z.object({
	believedMs: z.number().optional(),
	/** The last check of a clock that is not trusted, and how long the server has run with it. */
	doubt: z.object({ atMs: z.number(), ranMs: z.number() }).optional(),
})
type GuardState = z.infer<typeof stateSchema>

/** The last time that a server trusted, in milliseconds since 1970. Undefined if the file cannot be read. */
export async function readTrustedTime(file: string): Promise<number | undefined> {
	return (await readState(file))?.believedMs
}

async function readState(file: string): Promise<GuardState | undefined> {
	try {
		return stateSchema.parse(JSON.parse(await readFile(file, 'utf8')))
	} catch {
		return undefined
	}
}

export class ClockGuard {
	private readonly options: ClockGuardOptions
	/** Used if the file cannot be read. */
	private state: GuardState = {}

	constructor(options: ClockGuardOptions) {
		this.options = options
	}

	/**
	 * Must be called at least every hour. Never rejects: without the file, the times that this process has seen are used.
	 *
	 * @param evidenceMs a time that has certainly passed, for a folder without the file. It must not come from this
	 * clock.
	 */
	async check(nowMs: number, evidenceMs?: number): Promise<ClockAssessment> {
		const known = await this.read()
		const state = known.believedMs === undefined ? { ...known, believedMs: evidenceMs } : known
		const next = assess(state, nowMs, this.options.limitMs)
		await this.write(next)
		if (next.doubt === undefined) return { type: 'believed' }
		return state.believedMs === undefined ? { type: 'first' } : { type: 'ahead', byMs: nowMs - state.believedMs }
	}

	private async read(): Promise<GuardState> {
		return (await readState(this.options.file)) ?? this.state
	}

	private async write(state: GuardState): Promise<void> {
		this.state = state
		const { file } = this.options
		const unfinished = `${file}.${process.pid}.tmp`
		await writeFile(unfinished, JSON.stringify(state), { mode: 0o600 })
			.then(() => rename(unfinished, file))
			.catch(() => undefined)
	}
}

/** A clock that was set back is trusted: then too little is deleted, never too much. */
function assess({ believedMs, doubt }: GuardState, nowMs: number, limitMs: number): GuardState {
	if (believedMs !== undefined && nowMs - believedMs <= limitMs) return { believedMs: nowMs }
	const continues = doubt !== undefined && nowMs >= doubt.atMs && nowMs - doubt.atMs <= limitMs
	const ranMs = continues ? doubt.ranMs + Math.min(longestStepMs, nowMs - doubt.atMs) : 0
	return ranMs >= probationMs ? { believedMs: nowMs } : { believedMs, doubt: { atMs: nowMs, ranMs } }
}
