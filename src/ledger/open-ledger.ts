// The ledger of one process. Tickets are written to a local journal first; settled tickets are then inserted into the
// database in batches. While the database is unavailable, records are stored on disk and in memory, up to a limit, and
// calls continue to succeed. Long because tickets, the rotation of files and the delivery share one state, and the
// order of their steps is what keeps records safe.

import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ChatError } from '../chat/error.ts'
import type { Clock } from '../system/clock.ts'
import { type HeldLock, holdLock } from '../system/lock.ts'
import type { Log } from '../system/log.ts'
import type { Fault } from '../system/server-checks.ts'
import { ThrottledLog } from '../system/throttled-log.ts'
import { type ClosedCall, entryOf } from './entry.ts'
import { deliverEntries } from './entry-delivery.ts'
import { Journal } from './journal.ts'
import { extendLine, openLine, type ProgressMark, progressLine, settleLine } from './journal-line.ts'
import type { Ledger, OpenedCall, Settlement, Ticket } from './ledger.ts'
import type { LedgerEntry } from './ledger-entry.ts'
import type { LedgerStore } from './ledger-store.ts'
import type { Quarantine } from './quarantine.ts'
import { lockFile, recoverJournals, takeName } from './recovery.ts'

export interface LedgerOptions {
	/** Folder of the journals. Processes that share it recover each other's journals. */
	readonly folder: string
	readonly store: LedgerStore
	/** For entries that the database refuses. */
	readonly quarantine: Quarantine
	readonly durability: 'strict' | 'relaxed'
	/** Maximum number of settled entries that wait for the database. */
	readonly maxPending: number
	readonly clock: Clock
	readonly log: Log
	/**
	 * Called for each process that exited without closing its journal. If it throws, the journal is retained and
	 * recovered again later.
	 */
	readonly recovered?: (process: string) => Promise<void>
	/** Size after which a journal is continued in a new file, in characters; 8 million if absent. */
	readonly fileSize?: number
}

export interface OpenLedger extends Ledger {
	/** Number of settled entries that are not in the database yet. */
	readonly pending: number
	/**
	 * Recovers the journals of processes that exited: settles their open tickets and delivers their pending entries.
	 *
	 * @returns false if one of them could not be recovered yet.
	 */
	recover(): Promise<boolean>
	/**
	 * Checks whether calls can be recorded. Tries to write again if the last write failed, and starts a new file if the
	 * current one was removed. Resolves with the fault, if there is one.
	 */
	check(): Promise<Fault | undefined>
	/** Inserts the pending entries into the database; while it is unavailable, retries until the ledger is closed. */
	deliver(): Promise<void>
}

const [progressMs, deliverMs, longestPauseMs, closeMs] = [100, 1000, 2000, 2000]
/** Time until the next recovery, and until it is repeated if it failed, in milliseconds. */
const [recoverMs, recoverAgainMs] = [60_000, 2000]
/** How long a successful write proves that the journal can be written, in milliseconds. */
const knownWritableMs = 1000
const longestFileMs = 3_600_000
/** Entries per transaction. Each transaction has its own sync of the disk; other writers wait for it some milliseconds. */
const batchSize = 500

export async function openLedger(options: LedgerOptions): Promise<OpenLedger> {
	await mkdir(options.folder, { recursive: true, mode: 0o700 })
	const { process, lock } = takeName(options.folder)
	const ledger = new JournalledLedger(options, process, lock)
	const [recovered] = await Promise.all([ledger.recover(), ledger.prove()])
	ledger.run(recovered)
	return ledger
}

/** A ticket that is not settled yet. */
interface OpenTicket {
	/** With the last reservation. */
	openedCall: OpenedCall
	mark: ProgressMark | undefined
}

/** An entry that waits for the database, and the journal file that holds it until then. */
interface Delivery {
	readonly entry: LedgerEntry
	readonly file: JournalFile
}

interface Settling {
	readonly ticket: OpenTicket
	readonly settlement: Settlement
	/** Resolves once the opening line is on disk. */
	readonly opened: Promise<void>
	readonly unary: boolean
}

interface JournalFile {
	readonly path: string
	readonly journal: Journal
	undelivered: number
	closed: Promise<void> | undefined
}

class JournalledLedger implements OpenLedger {
	readonly process: string
	private readonly options: LedgerOptions
	private readonly strict: boolean
	private readonly log: ThrottledLog
	private lock: HeldLock
	private readonly openTickets = new Map<string, OpenTicket>()
	private readonly progressed = new Set<OpenTicket>()
	private readonly files: JournalFile[] = []
	private readonly closed = new AbortController()
	private readonly waiting: Delivery[] = []
	private delivering: Promise<void> | undefined
	/** How many entries of `waiting`, from the first one on, the delivery includes. */
	private requested = 0
	private probing: Promise<void> | undefined
	/** Settlements whose entries are not in `waiting` yet. */
	private readonly settling = new Set<Promise<void>>()
	private current: JournalFile
	private fileCount = 0
	private marking = false
	private rotatedMs: number

	constructor(options: LedgerOptions, process: string, lock: HeldLock) {
		this.options = options
		this.strict = options.durability === 'strict'
		this.process = process
		this.log = new ThrottledLog(options.log, options.clock)
		this.lock = lock
		this.current = this.nextFile()
		this.rotatedMs = options.clock.monotonicMs()
	}

	get pending(): number {
		return this.waiting.length
	}

	open(openedCall: OpenedCall, unary = false): Ticket {
		if (this.waiting.length >= this.options.maxPending)
			throw new ChatError(
				'unavailable',
				'Usage records cannot be stored: the database has been unavailable for too long.',
				{ setting: 'ledger.maxPending' },
			)
		const { journal } = this.current
		if (journal.failing) {
			this.probe()
			throw new ChatError('unavailable', 'Usage cannot be recorded at the moment.', { retryAfterMs: 1000 })
		}
		const ticket: OpenTicket = { openedCall, mark: undefined }
		this.openTickets.set(openedCall.id, ticket)
		const { strict } = this
		const batched = unary || !strict
		const written = this.append(openLine(openedCall), batched)
		if (strict) written.catch(() => this.openTickets.delete(openedCall.id))
		let settling: Promise<void> | undefined
		return {
			opened: strict ? written : done,
			writable: this.writable(),
			progress: ({ completionTokens, upstream }) => {
				if (settling !== undefined) return
				ticket.mark = [openedCall.id, completionTokens, upstream]
				this.progressed.add(ticket)
				if (!this.marking) void this.markSoon()
			},
			extend: (reservedTokens) => {
				if (settling !== undefined) return done
				ticket.openedCall = { ...openedCall, reservedTokens }
				const extended = this.append(extendLine(openedCall.id, reservedTokens, this.options.clock.now()), batched)
				return batched ? done : extended
			},
			settle: (settlement) => {
				settling ??= this.settle({ ticket, settlement, opened: written, unary })
				this.track(settling)
				if (strict) return settling
				// `append` has logged the failure.
				settling.catch(() => undefined)
				return done
			},
		}
	}

	/** @param recovered whether all journals of other processes are recovered. */
	run(recovered: boolean): void {
		void this.every(deliverMs, () => {
			this.probe()
			return this.deliver()
		})
		void this.maintainRegularly(recovered)
	}

	async check(): Promise<Fault | undefined> {
		if (this.waiting.length >= this.options.maxPending)
			return { reason: 'too many usage records are waiting for the database' }
		try {
			await this.restoreFile()
			await this.current.journal.probe()
			return undefined
		} catch (cause) {
			return { reason: 'usage records cannot be written', cause }
		}
	}

	deliver(): Promise<void> {
		this.requested = this.waiting.length
		if (this.requested === 0) return this.delivering ?? done
		this.delivering ??= this.deliverWaiting()
		return this.delivering
	}

	recover(): Promise<boolean> {
		return recoverJournals({
			...this.options,
			process: this.process,
			batchSize,
			throttledLog: this.log,
			nowMs: () => this.options.clock.now(),
		})
	}

	async close(): Promise<void> {
		await Promise.allSettled(this.settling)
		const last = this.options.clock.sleep(closeMs)
		await Promise.race([this.deliver(), last])
		this.closed.abort()
		for (const { closed, journal } of this.files) await (closed ?? journal.close())
		if (this.waiting.length === 0 && this.openTickets.size === 0)
			for (const { path } of this.files) await rm(path, { force: true })
		this.lock.release()
		if (this.waiting.length === 0 && this.openTickets.size === 0)
			await rm(lockFile(this.options.folder, this.process), { force: true })
	}

	/** @param batched no caller waits for this line. */
	private append(line: string, batched = !this.strict): Promise<void> {
		if (this.current.journal.size > (this.options.fileSize ?? 8_000_000)) this.rotateIfPossible()
		const { journal } = this.current
		const written = batched ? journal.note(line) : journal.append(line)
		if (!this.strict)
			written.catch((thrown: unknown) => this.log.write('error', { err: thrown }, 'usage records cannot be written'))
		return written
	}

	/** Tries to write before the first call, so that it need not wait. Calls are refused if that fails. */
	async prove(): Promise<void> {
		await this.current.journal.prove().catch(() => undefined)
	}

	/** Tries to write again if the last write failed. */
	private probe(): void {
		this.probing ??= this.current.journal
			.probe()
			// The first failure was reported by the call that it refused, and `check` reports the state.
			.catch(() => undefined)
			.finally(() => {
				this.probing = undefined
			})
	}

	/** See `Ticket`. */
	private writable(): Promise<void> | undefined {
		const { journal } = this.current
		if (!this.strict || this.options.clock.monotonicMs() - journal.writtenAtMs < knownWritableMs) return undefined
		const written = journal.written()
		// A call may end without calling an upstream.
		written.catch(() => undefined)
		return written
	}

	private track(settling: Promise<void>): void {
		this.settling.add(settling)
		const forget = () => this.settling.delete(settling)
		settling.then(forget, forget)
	}

	private async settle({ ticket, settlement, opened, unary }: Settling): Promise<void> {
		const { openedCall } = ticket
		const { outcome, upstream = '', usage, settledAtMs } = settlement
		const closed: ClosedCall = { outcome, upstream, usage, settledAtMs }
		const written = this.append(settleLine(openedCall.id, closed))
		// `append` may have begun a new file.
		const file = this.current
		this.openTickets.delete(openedCall.id)
		this.progressed.delete(ticket)
		file.undelivered++
		if (!this.strict) {
			this.enqueue({ entry: entryOf(openedCall, closed), file })
			return written
		}
		const [opening, end] = await Promise.allSettled([opened, written])
		const refused = opening.status === 'rejected' || (unary && end.status === 'rejected')
		this.enqueue({ entry: entryOf(openedCall, refused ? withoutAnswer(closed) : closed), file })
		await opened
		await written
	}

	private enqueue(delivery: Delivery): void {
		this.waiting.push(delivery)
		if (this.waiting.length >= batchSize && this.delivering === undefined) void this.deliver().catch(this.failed)
	}

	private async markSoon(): Promise<void> {
		this.marking = true
		await this.sleep(progressMs)
		this.marking = false
		const marks = [...this.progressed].flatMap(({ mark }) => (mark === undefined ? [] : [mark]))
		this.progressed.clear()
		if (marks.length > 0) this.current.journal.note(progressLine(marks, this.options.clock.now()))
	}

	/** Limits the age of a file: recovery delivers all entries of a file again, including delivered ones. */
	private async maintain(): Promise<boolean> {
		await this.restoreFile()
		const { journal } = this.current
		if (journal.size > 0 && this.options.clock.monotonicMs() - this.rotatedMs > longestFileMs) this.rotateIfPossible()
		return this.recover()
	}

	private async maintainRegularly(recovered: boolean): Promise<void> {
		for (let last = recovered; await this.sleep(last ? recoverMs : recoverAgainMs); )
			last = await this.maintain().catch((thrown: unknown) => {
				this.failed(thrown)
				return true
			})
	}

	/**
	 * Replaces removed files: records in a removed file are lost when the process exits, and without the lock no process
	 * recovers the journal.
	 */
	private async restoreFile(): Promise<void> {
		const { folder } = this.options
		if (await exists(this.current.path)) return
		// The parent folder is not created: if it is missing, its disk is not mounted, and files written to the mount point
		// would be lost or block the mount.
		await mkdir(folder, { mode: 0o700 }).catch(async (thrown: unknown) => {
			if (!(await exists(folder))) throw thrown
		})
		if (!(await exists(lockFile(folder, this.process)))) {
			const lock = holdLock(lockFile(folder, this.process), { create: true })
			if (lock === undefined) throw new Error('the lock of the journal is held by another process')
			this.lock.release()
			this.lock = lock
		}
		// A concurrent call may have restored it.
		if (await exists(this.current.path)) return
		this.rotate()
		// The settled records of the removed file exist only in memory.
		void this.deliver().catch(this.failed)
	}

	private rotateIfPossible(): void {
		try {
			this.rotate()
		} catch (thrown) {
			this.failed(thrown)
		}
	}

	/**
	 * Starts a new file and copies the open tickets to it. The old file is removed once its settled entries are
	 * delivered.
	 */
	private rotate(): void {
		const old = this.current
		this.current = this.nextFile()
		const marks: ProgressMark[] = []
		for (const { openedCall, mark } of this.openTickets.values()) {
			this.current.journal.note(openLine(openedCall))
			if (mark !== undefined) marks.push(mark)
		}
		if (marks.length > 0) this.current.journal.note(progressLine(marks, this.options.clock.now()))
		// The copies must be on disk before the old file is removed.
		old.closed = Promise.all([old.journal.close(), this.current.journal.written()]).then(() => undefined)
		// If the old file has no pending entries, nothing else awaits this promise.
		old.closed.catch(this.failed)
		this.rotatedMs = this.options.clock.monotonicMs()
		void this.removeDelivered().catch(this.failed)
	}

	private nextFile(): JournalFile {
		const path = join(this.options.folder, `${this.process}.${String(this.fileCount++).padStart(6, '0')}.journal`)
		const file = {
			path,
			journal: new Journal(path, () => this.options.clock.monotonicMs()),
			undelivered: 0,
			closed: undefined,
		}
		this.files.push(file)
		return file
	}

	private async deliverWaiting(): Promise<void> {
		try {
			const { clock } = this.options
			const context = { ...this.options, nowMs: () => clock.now() }
			// Entries that are settled meanwhile wait for the next request: each transaction, however small, syncs the disk.
			for (let pause = deliverMs; this.requested > 0 || this.waiting.length >= batchSize; ) {
				const batch = this.waiting.slice(0, batchSize)
				try {
					await deliverEntries(
						batch.map(({ entry }) => entry),
						context,
					)
				} catch (thrown) {
					const fields = { err: thrown, waiting: this.waiting.length }
					this.log.write('warn', fields, 'usage records pending: database unavailable')
					if (!(await this.sleep(pause))) return
					pause = Math.min(longestPauseMs, pause * 2)
					continue
				}
				pause = deliverMs
				this.requested = Math.max(0, this.requested - batch.length)
				this.waiting.splice(0, batch.length)
				for (const { file } of batch) file.undelivered--
				await this.removeDelivered()
			}
		} finally {
			this.delivering = undefined
		}
	}

	private async removeDelivered(): Promise<void> {
		for (const file of [...this.files]) {
			if (file === this.current || file.undelivered > 0 || file.closed === undefined) continue
			this.files.splice(this.files.indexOf(file), 1)
			await file.closed
			await rm(file.path, { force: true })
		}
	}

	private async every(ms: number, work: () => Promise<void>): Promise<void> {
		while (await this.sleep(ms)) await work().catch(this.failed)
	}

	private readonly failed = (thrown: unknown): void =>
		this.log.write('error', { err: thrown }, 'the ledger failed in the background')

	/** @returns false if the ledger is being closed. */
	private async sleep(ms: number): Promise<boolean> {
		try {
			await this.options.clock.sleep(ms, this.closed.signal)
			return true
		} catch {
			return false
		}
	}
}

const done = Promise.resolve()

/** The caller received an error instead of the answer. */
function withoutAnswer(closed: ClosedCall): ClosedCall {
	const outcome = closed.outcome === 'completed' ? 'failed' : closed.outcome
	return { ...closed, outcome, usage: undefined }
}

async function exists(file: string): Promise<boolean> {
	return (await stat(file).catch(() => undefined)) !== undefined
}
