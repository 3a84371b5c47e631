// Checks of the dependencies that all requests share, apart from models. Each check runs when its result is read, at
// most once per second, and a reader waits for it briefly. It does not know what is checked.

import type { Log } from './log.ts'
import { ThrottledLog } from './throttled-log.ts'

/** Why a check fails. */
export interface Fault {
	/** Public: one line without paths and addresses. */
	readonly reason: string
	/** For the log. */
	readonly cause?: unknown
}

/** Resolves with the fault, if there is one. */
export type ServerCheck = () => Promise<Fault | undefined>

export interface CheckResult {
	readonly ok: boolean
	/** Why the check fails. */
	readonly reason?: string
}

export const checkNames = ['database', 'journal', 'disk'] as const
export type CheckName = (typeof checkNames)[number]

/** Empty for a process that stores nothing. */
export type CheckResults = Readonly<Partial<Record<CheckName, CheckResult>>>

/** How long a result is valid, and how long a reader waits for a newer one, in milliseconds. */
const [validMs, timeoutMs] = [1000, 500]

export class ServerChecks {
	private readonly checks: readonly CachedCheck[]

	constructor(checks: Readonly<Record<CheckName, ServerCheck>>, log: Log) {
		const throttled = new ThrottledLog(log, { now: () => performance.now() })
		this.checks = Object.entries(checks).map(([name, check]) => new CachedCheck(name, check, log, throttled))
	}

	/**
	 * A check that takes longer than 500 ms has its previous result until it ends. Before its first result it counts as
	 * passed.
	 */
	async results(): Promise<CheckResults> {
		await Promise.all(this.checks.map((check) => check.refresh()))
		return Object.fromEntries(this.checks.map(({ name, result }) => [name, result]))
	}
}

class CachedCheck {
	readonly name: string
	result: CheckResult = { ok: true }
	private readonly check: ServerCheck
	private readonly log: Log
	private readonly throttled: ThrottledLog
	private endedMs = Number.NEGATIVE_INFINITY
	private running: Promise<void> | undefined

	constructor(name: string, check: ServerCheck, log: Log, throttled: ThrottledLog) {
		this.name = name
		this.check = check
		this.log = log
		this.throttled = throttled
	}

	async refresh(): Promise<void> {
		if (this.running === undefined) {
			if (performance.now() - this.endedMs < validMs) return
			this.running = this.run()
		}
		let timer: ReturnType<typeof setTimeout> | undefined
		const timeout = new Promise<void>((resolve) => {
			timer = setTimeout(resolve, timeoutMs)
		})
		await Promise.race([this.running, timeout])
		clearTimeout(timer)
	}

	/** Never rejects. */
	private async run(): Promise<void> {
		const fault = await this.check().catch((cause: unknown): Fault => ({ reason: 'the check failed', cause }))
		const before = this.result
		this.result = fault === undefined ? { ok: true } : { ok: false, reason: fault.reason }
		this.endedMs = performance.now()
		this.running = undefined
		if (fault !== undefined && before.ok)
			this.throttled.write('warn', { check: this.name, err: fault.cause }, `not ready: ${fault.reason}`)
		if (fault === undefined && !before.ok) this.log.info({ check: this.name }, 'check passed again')
	}
}
