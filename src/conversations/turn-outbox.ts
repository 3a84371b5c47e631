// Changes of turns that the database did not accept yet: ends and removals. Each one is a file of the data folder until
// it has arrived, so a process that exits meanwhile delivers it at its next start. If the file cannot be written either,
// the change is in memory only, up to a bound. Delivery is safe to repeat: a turn ends once. It does not know which
// database refuses.

import { ChatError, isTemporary } from '../chat/error.ts'
import type { Scope } from '../keys/scope.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import { ThrottledLog } from '../system/throttled-log.ts'
import type { ConversationStore } from './conversation-store.ts'
import { applyChange, type TurnChange, withoutAnswer, writeChange } from './turn-change.ts'
import { TurnFiles } from './turn-files.ts'
import type { TurnId } from './turn-id.ts'

export interface TurnOutboxOptions {
	/** Folder of the files, which all processes of a data folder share. */
	readonly folder: string
	readonly store: Pick<ConversationStore, 'in'>
	/** The name of this process, which its files begin with. */
	readonly process: () => string
	/** Whether a process of this host is running. The files of one that is not are delivered by the others. */
	readonly isRunning: (process: string) => boolean
	readonly clock: Clock
	readonly log: Log
	/** Size of the answers that may be in memory without a file, in characters; 16 million if absent. */
	readonly memorySize?: number
}

interface Pending {
	readonly change: TurnChange
	/** Size of an answer that is in memory only, in characters. */
	readonly unwritten: number
	/** The database refuses it for a reason of its own until then, by the monotonic clock. */
	readonly notBeforeMs: number
}

/**
 * Time between two attempts to deliver, and between two searches for files of processes that exited, in milliseconds.
 */
const [deliverMs, searchMs] = [1000, 60_000]
/** Time after which a change that the database refuses is tried again, in milliseconds. */
const refusedMs = 60_000
/** How long closing waits for the database, in milliseconds. */
const closeMs = 2000
/** Number of changes that are delivered concurrently. */
const batchSize = 64

export class TurnOutbox {
	private readonly options: TurnOutboxOptions
	private readonly files: TurnFiles
	private readonly log: ThrottledLog
	private readonly closing = new AbortController()
	private readonly pending = new Map<TurnId, Pending>()
	private delivering: Promise<void> | undefined
	/** The error of the last attempt, if the database was unavailable. */
	private failure: ChatError | undefined
	private searchAtMs = Number.NEGATIVE_INFINITY
	private running: Promise<void> = Promise.resolve()

	private constructor(options: TurnOutboxOptions, files: TurnFiles) {
		this.options = options
		this.files = files
		this.log = new ThrottledLog(options.log, options.clock)
	}

	static async open(options: TurnOutboxOptions): Promise<TurnOutbox> {
		const outbox = new TurnOutbox(options, await TurnFiles.open(options.folder, options.process))
		outbox.running = outbox.run()
		return outbox
	}

	/** Number of changes that have not arrived. */
	get size(): number {
		return this.pending.size
	}

	has(turn: TurnId): boolean {
		return this.pending.has(turn)
	}

	/**
	 * Resolves when the change is on disk: in the database, or in a file from which it will be delivered. A removal
	 * replaces an end that has not arrived; an end does not replace another change.
	 *
	 * @throws ChatError `unavailable` if neither can be written, and the error of a database that refuses this change; it
	 * is delivered nevertheless, without its answer if that is what the database refuses.
	 */
	async put(change: TurnChange): Promise<void> {
		if (this.failure !== undefined && this.pending.size > 0) return this.add(change)
		try {
			await this.apply(change)
		} catch (thrown) {
			if (isTemporary(thrown)) return this.add(change)
			await this.add(change.end === undefined ? change : withoutAnswer(change, change.end)).catch(() => undefined)
			throw thrown
		}
		if (change.end === undefined) await this.remove(change.turn)
	}

	/**
	 * Delivers what is pending for a caller, so that a read includes it.
	 *
	 * @throws ChatError if the database is unavailable.
	 */
	async settle({ tenant, owner }: Scope): Promise<void> {
		const isOwn = ({ change: { scope } }: Pending) => scope.tenant === tenant && scope.owner === owner
		if (this.pending.size === 0 || ![...this.pending.values()].some(isOwn)) return
		await this.deliver()
		if (this.failure !== undefined) throw this.failure
	}

	/** Tries to deliver everything that is pending. Never rejects. */
	deliver(): Promise<void> {
		this.delivering ??= this.deliverPending().finally(() => {
			this.delivering = undefined
		})
		return this.delivering
	}

	/**
	 * Delivers the changes of a process that exited.
	 *
	 * @throws the error of the database if one cannot be delivered.
	 */
	async recover(process: string): Promise<void> {
		const { log } = this.options
		const turns = await this.files.deliver(
			process,
			(change) => this.applyRecovered(change),
			(file) => log.error({ file }, 'the end of a turn cannot be read: its file remains'),
		)
		if (turns > 0) log.info({ process, turns }, 'delivered the ends of turns of a process that exited')
	}

	/** Tries to deliver what is pending, for 2 s at most. What is in files is delivered after the next start. */
	async close(): Promise<void> {
		const last = new AbortController()
		await Promise.race([this.deliver(), this.options.clock.sleep(closeMs, last.signal).catch(() => undefined)])
		last.abort()
		this.closing.abort()
		await this.running
	}

	private async run(): Promise<void> {
		const { clock } = this.options
		const isOpen = () =>
			clock.sleep(deliverMs, this.closing.signal).then(
				() => true,
				() => false,
			)
		while (await isOpen()) {
			if (this.pending.size > 0) await this.deliver()
			if (clock.monotonicMs() >= this.searchAtMs) await this.recoverOthers()
		}
	}

	/** Never rejects. A failure is repeated soon, because these turns count as running until then. */
	private async recoverOthers(): Promise<void> {
		const { process: own, isRunning, clock } = this.options
		try {
			for (const process of await this.files.processes())
				if (process !== own() && !isRunning(process)) await this.recover(process)
			this.searchAtMs = clock.monotonicMs() + searchMs
		} catch (thrown) {
			this.log.write('warn', { err: thrown }, 'ends of turns of a process that exited cannot be delivered yet')
		}
	}

	private apply(change: TurnChange): Promise<void> {
		return applyChange(this.options.store.in(change.scope), change)
	}

	private async applyRecovered(change: TurnChange): Promise<void> {
		try {
			await this.apply(change)
		} catch (thrown) {
			if (isTemporary(thrown) || change.end === undefined) throw thrown
			await this.apply(withoutAnswer(change, change.end))
		}
	}

	/** @throws ChatError `unavailable` if it is in memory only. */
	private async add(change: TurnChange): Promise<void> {
		const { turn, end } = change
		const earlier = this.pending.get(turn)
		if (earlier !== undefined && end !== undefined) return
		const pending = { change, unwritten: 0, notBeforeMs: 0 }
		this.pending.set(turn, pending)
		try {
			await this.write(change)
		} catch (cause) {
			this.log.write('error', { err: cause }, 'the end of a turn cannot be written to the data folder: it is in memory')
			this.holdInMemory(pending)
			throw new ChatError('unavailable', 'The answer could not be stored.', { cause, retryAfterMs: 1000, sent: 'yes' })
		}
	}

	/** The answer is lost if too many are in memory: the turn fails then. */
	private holdInMemory({ change }: Pending): void {
		const { memorySize = 16_777_216 } = this.options
		const { turn, end } = change
		// It may have arrived, or a removal may have replaced it.
		if (this.pending.get(turn)?.change !== change) return
		const unwritten = writeChange(change).length
		const others = [...this.pending.values()].reduce((sum, pending) => sum + pending.unwritten, 0)
		const fits = end === undefined || others + unwritten <= memorySize
		const held = fits ? { change, unwritten } : { change: withoutAnswer(change, end), unwritten: 0 }
		this.pending.set(turn, { ...held, notBeforeMs: 0 })
	}

	private async deliverPending(): Promise<void> {
		const nowMs = this.options.clock.monotonicMs()
		const due = [...this.pending.values()].filter(({ notBeforeMs }) => notBeforeMs <= nowMs)
		this.failure = undefined
		// The first one alone finds out whether the database is available.
		for (let at = 0; at < due.length && this.failure === undefined; ) {
			const batch = due.slice(at, at === 0 ? 1 : at + batchSize)
			at += batch.length
			const failures = await Promise.all(batch.map((pending) => this.deliverOne(pending)))
			this.failure = failures.find((failure) => failure !== undefined)
		}
	}

	/** @returns the error if the database is unavailable. */
	private async deliverOne(pending: Pending): Promise<ChatError | undefined> {
		const { change } = pending
		try {
			await this.apply(change)
			if (this.pending.get(change.turn) === pending) await this.remove(change.turn)
			return undefined
		} catch (thrown) {
			if (!isTemporary(thrown)) {
				await this.replaceRefused(pending, thrown)
				return undefined
			}
			this.log.write('warn', { err: thrown, turns: this.size }, 'ends of turns pending: database unavailable')
			if (pending.unwritten > 0) await this.writeLater(pending)
			return thrown
		}
	}

	/** The disk may have space again. */
	private async writeLater(pending: Pending): Promise<void> {
		const { change } = pending
		await this.write(change).then(
			() => {
				if (this.pending.get(change.turn) === pending) this.pending.set(change.turn, { ...pending, unwritten: 0 })
			},
			() => undefined,
		)
	}

	private async replaceRefused(pending: Pending, err: unknown): Promise<void> {
		const { change } = pending
		this.log.write('error', { err, turn: change.turn }, 'the database refuses the end of a turn')
		if (this.pending.get(change.turn) !== pending) return
		const { end } = change
		const isLast = end === undefined || end.answers.length === 0
		const replacement = isLast ? change : withoutAnswer(change, end)
		const notBeforeMs = isLast ? this.options.clock.monotonicMs() + refusedMs : 0
		this.pending.set(change.turn, { change: replacement, unwritten: 0, notBeforeMs })
		if (!isLast) await this.write(replacement).catch(() => undefined)
	}

	private async remove(turn: TurnId): Promise<void> {
		if (this.pending.delete(turn)) await this.files.remove(turn)
	}

	/** Resolves when the change is in a file, or no longer pending. */
	private async write(change: TurnChange): Promise<void> {
		await this.files.write(change)
		const current = this.pending.get(change.turn)?.change
		if (current === undefined) await this.files.remove(change.turn)
		else if (current !== change) await this.write(current)
	}
}
