// The turns that this process runs, compared with those that the database says it runs, and whether the last one could
// begin. A turn that is unknown here, as after a beginning of unknown outcome, is dropped; a turn that was cancelled or
// removed by others is stopped. It does not know how an answer is stopped.

import type { Scope } from '../keys/scope.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import { ThrottledLog } from '../system/throttled-log.ts'
import type { ConversationStore } from './conversation-store.ts'
import type { RunningTurn } from './maintenance.ts'
import type { TurnId } from './turn-id.ts'

export interface RunningTurnsOptions {
	readonly store: Pick<ConversationStore, 'in' | 'maintenance'>
	readonly process: () => string
	/** Whether the end of a turn has not arrived in the database. */
	readonly isPending: (id: TurnId) => boolean
	/** Called once for a turn of this process that was cancelled or removed elsewhere. */
	readonly stop: (turn: RunningTurn) => Promise<unknown>
	readonly clock: Clock
	readonly log: Log
}

/** Time between two comparisons, in milliseconds. */
const compareMs = 1000
/**
 * Number of comparisons after a beginning of unknown outcome: such a transaction may still be committed when the
 * database responds again.
 */
const comparisonsAfterDoubt = 60

interface OwnTurn extends RunningTurn {
	/** `ending`: its end or its removal is being stored. */
	state: 'beginning' | 'running' | 'ending'
}

export class RunningTurns {
	private readonly options: RunningTurnsOptions
	private readonly log: ThrottledLog
	private readonly closing = new AbortController()
	private readonly turns = new Map<TurnId, OwnTurn>()
	/** Unknown turns of the last comparison. */
	private unknown: ReadonlySet<TurnId> = new Set()
	private comparisonsLeft = 0
	/** Whether the database was unavailable when the last turn began. */
	failing = false
	private running: Promise<void> = Promise.resolve()

	constructor(options: RunningTurnsOptions) {
		this.options = options
		this.log = new ThrottledLog(options.log, options.clock)
	}

	/** Compares every second while turns are running, until it is closed. */
	open(): void {
		this.running = this.run()
	}

	async close(): Promise<void> {
		this.closing.abort()
		await this.running
	}

	beginning(scope: Scope, id: TurnId): void {
		this.turns.set(id, { id, scope, state: 'beginning' })
	}

	begun(id: TurnId): void {
		const turn = this.turns.get(id)
		if (turn?.state === 'beginning') turn.state = 'running'
	}

	ending(id: TurnId): void {
		const turn = this.turns.get(id)
		if (turn !== undefined) turn.state = 'ending'
	}

	/** It does not run any more. @param doubt the database may nevertheless say that it is running. */
	ended(id: TurnId, doubt = false): void {
		this.turns.delete(id)
		if (doubt) this.comparisonsLeft = comparisonsAfterDoubt
	}

	/** @throws the error of the database. */
	async compare(): Promise<void> {
		const { store, process, isPending } = this.options
		const before = [...this.turns.values()].filter(({ state }) => state === 'running')
		const stored = await store.maintenance.running(process())
		const storedIds = new Set(stored.map(({ id }) => id))
		for (const turn of before) {
			if (storedIds.has(turn.id) || turn.state !== 'running') continue
			await this.stopIfCancelled(turn)
		}
		const unknown = stored.filter(({ id }) => !this.turns.has(id) && !isPending(id))
		// A turn that ended after the database was read is not in the next comparison.
		for (const turn of unknown) if (this.unknown.has(turn.id)) await store.in(turn.scope).turns.drop(turn.id)
		this.unknown = new Set(unknown.map(({ id }) => id))
	}

	/** A turn that is `interrupted` continues: its answer is stored when it ends. */
	private async stopIfCancelled(turn: OwnTurn): Promise<void> {
		const { store, stop } = this.options
		const found = await store.in(turn.scope).turns.find(turn.id)
		if (turn.state !== 'running') return
		turn.state = 'ending'
		if (found === undefined || found.state === 'cancelled') await stop(turn)
	}

	private async run(): Promise<void> {
		const { clock } = this.options
		const isOpen = () =>
			clock.sleep(compareMs, this.closing.signal).then(
				() => true,
				() => false,
			)
		while (await isOpen()) {
			if (this.turns.size === 0 && this.unknown.size === 0 && this.comparisonsLeft === 0) continue
			try {
				await this.compare()
				this.comparisonsLeft = Math.max(0, this.comparisonsLeft - 1)
			} catch (thrown) {
				this.log.write('warn', { err: thrown }, 'running turns cannot be compared with the database')
			}
		}
	}
}
