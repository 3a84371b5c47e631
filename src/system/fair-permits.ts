// Permits for a bounded number of concurrent calls, shared fairly by tenants and owners. Calls without a permit wait in a bounded queue
// with a deadline. A caller alone gets every permit. It does not know what the permits are for.
//
//   asked ── a permit is free ─▶ granted ── released ─▶ over
//     ├───── the queue is full, and its caller has the largest share ─▶ refused 'full'
//     └───── waits ── a permit is free, and it is this call's turn ─▶ granted
//               ├──── displaced by a caller with a smaller share ─▶ refused 'full'
//               ├──── its deadline passed ─▶ refused 'late'
//               └──── cancelled ─▶ refused 'cancelled'

import { type FairEntry, FairQueue, type SharePath } from './fair-queue.ts'

/** A permit for one call. */
export interface Permit {
	/** Idempotent. */
	release(): void
}

/** Calls of low priority are served after all others, and are refused in favor of others if the queue is full. */
export type Priority = 'normal' | 'low'

/** How many waiting calls are before one that waits, by the shares of the moment; 0 once it does not wait. */
export type QueuePosition = () => number

/** Is called when a call begins to wait. @returns what is called when the wait ends. */
export type WaitListener = (position: QueuePosition) => () => void

export type PermitRefusal = 'full' | 'late' | 'cancelled'

export interface FairPermitsOptions {
	/** Maximum calls that have a permit. */
	readonly limit: number
	/** Maximum calls that wait. */
	readonly queue: number
	/** Maximum wait, in milliseconds. */
	readonly queueTimeoutMs: number
	/** Maximum calls of an owner that have a permit. */
	readonly limitPerOwner?: number | undefined
	/**
	 * Permits that no tenant gets beyond `limit - reserve` while another one calls, so that the other one finds a permit even if calls
	 * hang. Less than `limit`.
	 */
	readonly reserve?: number | undefined
	/** How long after its last call a tenant counts as calling, in milliseconds. */
	readonly reserveMs?: number | undefined
	/** Milliseconds of a monotonic clock. */
	readonly nowMs?: (() => number) | undefined
}

interface Waiter {
	readonly priority: Priority
	grant(permit: Permit): void
	refuse(reason: PermitRefusal): void
}

interface LastCall {
	readonly tenant: string
	readonly atMs: number
}

const defaultReserveMs = 10_000

export class FairPermits {
	private readonly options: FairPermitsOptions
	/** Both count all running calls. */
	private readonly queues: Readonly<Record<Priority, FairQueue<Waiter>>>
	/** The two tenants that called last, the last one first. */
	private seen: readonly LastCall[] = []
	private rechecking: ReturnType<typeof setTimeout> | undefined

	constructor(options: FairPermitsOptions) {
		this.options = options
		const { limitPerOwner: runningPerOwner } = options
		this.queues = { normal: new FairQueue({ runningPerOwner }), low: new FairQueue({ runningPerOwner }) }
	}

	get running(): number {
		return this.queues.normal.running
	}

	get waiting(): number {
		return this.queues.normal.waiting + this.queues.low.waiting
	}

	get full(): boolean {
		return this.running >= this.options.limit
	}

	/** Whether a call would be refused: no permit is free for it, and the queue is full of calls with no larger share. */
	refuses(path: SharePath, priority: Priority): boolean {
		return !this.mayRun(path) && this.waiting >= this.options.queue && this.displaced(path, priority) === undefined
	}

	/** @returns a permit, or undefined if the call must wait. */
	tryAcquire(path: SharePath): Permit | undefined {
		this.see(path)
		// The reserve may have become free for calls that wait.
		if (this.waiting > 0) this.serve()
		return this.mayRun(path) ? this.grant(path) : undefined
	}

	/**
	 * Waits for a permit.
	 *
	 * @param waits called if the call must wait; its result is called when the wait ends.
	 * @returns why there is no permit, if there is none.
	 */
	async acquire(
		path: SharePath,
		signal: AbortSignal,
		priority: Priority = 'normal',
		waits?: WaitListener,
	): Promise<Permit | PermitRefusal> {
		const permit = this.tryAcquire(path)
		if (permit !== undefined) return permit
		if (signal.aborted) return 'cancelled'
		if (this.waiting >= this.options.queue) {
			const displaced = this.displaced(path, priority)
			if (displaced === undefined) return 'full'
			displaced.item.refuse('full')
		}
		return new Promise((resolve) => {
			let end: (() => void) | undefined
			const entry = this.wait(path, priority, signal, (outcome) => {
				end?.()
				resolve(outcome)
			})
			end = waits?.(() => this.positionOf(entry))
		})
	}

	private wait(
		path: SharePath,
		priority: Priority,
		signal: AbortSignal,
		resolve: (outcome: Permit | PermitRefusal) => void,
	): FairEntry<Waiter> {
		const queue = this.queues[priority]
		const leave = (outcome: Permit | PermitRefusal) => {
			clearTimeout(timer)
			signal.removeEventListener('abort', onAbort)
			queue.remove(entry)
			resolve(outcome)
		}
		const onAbort = () => leave('cancelled')
		const timer = setTimeout(() => leave('late'), this.options.queueTimeoutMs)
		const entry = queue.add(path, { priority, grant: leave, refuse: leave })
		signal.addEventListener('abort', onAbort, { once: true })
		this.recheck()
		return entry
	}

	private positionOf(entry: FairEntry<Waiter>): number {
		const { normal, low } = this.queues
		return entry.item.priority === 'low' ? normal.waiting + low.ahead(entry) : normal.ahead(entry)
	}

	/** The waiting call to refuse in favor of a further one. */
	private displaced(path: SharePath, priority: Priority): FairEntry<Waiter> | undefined {
		const { normal, low } = this.queues
		if (priority === 'low') return low.heaviest(path)
		return low.newestOfHeaviest() ?? normal.heaviest(path)
	}

	/** Whether a call that arrives now may run: it overtakes no call of its tenant, which could run then as well. */
	private mayRun(path: SharePath): boolean {
		const [tenant] = path
		const { normal } = this.queues
		return !this.full && normal.mayRun(path) && normal.runningOf(tenant) < this.most(tenant)
	}

	private grant(path: SharePath): Permit {
		for (const queue of Object.values(this.queues)) queue.began(path)
		return this.permit(path)
	}

	private permit(path: SharePath): Permit {
		let held = true
		return {
			release: () => {
				if (!held) return
				held = false
				for (const queue of Object.values(this.queues)) queue.ended(path)
				this.serve()
			},
		}
	}

	/** Grants free permits to those that wait. */
	private serve(): void {
		const { normal, low } = this.queues
		const most = (tenant: string) => this.most(tenant)
		while (!this.full) {
			const next = normal.take(most) ?? low.take(most)
			if (next === undefined) break
			const { item, path } = next
			;(item.priority === 'low' ? normal : low).began(path)
			item.grant(this.permit(path))
		}
		this.recheck()
	}

	/** Looks again when the reserve may have become free. */
	private recheck(): void {
		if (this.rechecking !== undefined || this.waiting === 0 || this.full || this.reserve === 0) return
		this.rechecking = setTimeout(() => {
			this.rechecking = undefined
			this.serve()
		}, this.reserveMs)
		// Calls that wait have timeouts of their own.
		this.rechecking.unref()
	}

	/** How many calls of a tenant may run. */
	private most(tenant: string): number {
		const { limit } = this.options
		if (this.reserve === 0) return limit
		const sinceMs = this.nowMs() - this.reserveMs
		const other = this.seen.find((call) => call.tenant !== tenant)
		return other !== undefined && other.atMs > sinceMs ? limit - this.reserve : limit
	}

	private see([tenant]: SharePath): void {
		if (this.reserve === 0) return
		const others = this.seen.filter((call) => call.tenant !== tenant)
		this.seen = [{ tenant, atMs: this.nowMs() }, ...others.slice(0, 1)]
	}

	private get reserve(): number {
		return this.options.reserve ?? 0
	}

	private get reserveMs(): number {
		return this.options.reserveMs ?? defaultReserveMs
	}

	private nowMs(): number {
		return this.options.nowMs === undefined ? performance.now() : this.options.nowMs()
	}
}
