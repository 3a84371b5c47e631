// The ledger of one process: tickets go into a journal on this machine first, settled ones on to the database in batches. A database
// that is away therefore costs disk and memory, within a bound, and nobody's answer.

import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ChatError } from '../chat/error.ts'
import type { Clock } from '../system/clock.ts'
import { type HeldLock, holdLock } from '../system/lock.ts'
import type { Log } from '../system/log.ts'
import type { Fault } from '../system/server-checks.ts'
import { ThrottledLog } from '../system/throttled-log.ts'
import { type Closing, entryOf } from './entry.ts'
import { Journal } from './journal.ts'
import { openLine, type ProgressMark, progressLine, readJournal, settleLine } from './journal-line.ts'
import type { Ledger, Opening, Progress, Settlement, Ticket } from './ledger.ts'
import type { LedgerEntry, LedgerStore } from './ledger-store.ts'

export interface LedgerOptions {
	/** Of journals; all processes that share it recover each other's. */
	readonly folder: string
	readonly store: LedgerStore
	readonly durability: 'strict' | 'relaxed'
	/** How many settled entries may wait for the database. */
	readonly maxPending: number
	readonly clock: Clock
	readonly log: Log
	/** What else is to be done for a process that died; where it throws, its journal stays for the next time. */
	readonly recovered?: (process: string) => Promise<void>
	/** Size at which a journal goes on in a new file, in characters; 8 million where absent. */
	readonly fileSize?: number
}

export interface OpenLedger extends Ledger {
	/** Settled entries that the database does not have yet. */
	readonly pending: number
	/** Settles what dead processes left open and delivers what they had not. */
	recover(): Promise<void>
	/**
	 * Whether calls can be recorded now. Tries to write again if the last write failed, and begins a new file if somebody removed the one in
	 * use. Resolves with the fault, if there is one.
	 */
	check(): Promise<Fault | undefined>
	/** Resolves when the database has everything that was settled until now, or could not be reached. */
	deliver(): Promise<void>
}

const [progressMs, deliverMs, recoverMs, longestPauseMs, closeMs] = [100, 1000, 60_000, 2000, 2000]
const longestFileMs = 3_600_000
/** SQLite works in this thread: more at once would hold up answers. Where many wait, each is cheaper in a larger batch. */
const [batchSize, largeBatchSize, manyWaiting] = [100, 400, 1000]

export async function openLedger(options: LedgerOptions): Promise<OpenLedger> {
	await mkdir(options.folder, { recursive: true, mode: 0o700 })
	const { process, lock } = takeName(options.folder)
	const ledger = new JournalledLedger(options, process, lock)
	await ledger.recover()
	ledger.run()
	return ledger
}

/** A name of its own for this process's journal. */
function takeName(folder: string): { readonly process: string; readonly lock: HeldLock } {
	for (;;) {
		const process = Bun.randomUUIDv7('hex').replaceAll('-', '')
		const lock = holdLock(lockFile(folder, process), { create: true })
		// Somebody who recovers may have come between the file and its lock.
		if (lock !== undefined) return { process, lock }
	}
}

/** A ticket that is not settled. */
interface Standing {
	readonly opening: Opening
	mark: ProgressMark | undefined
}

/** An entry on its way to the database, and the file that it stands in until it is there. */
interface Delivery {
	readonly entry: LedgerEntry
	readonly file: JournalFile
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
	private readonly standing = new Map<string, Standing>()
	private readonly moved = new Set<Standing>()
	private readonly files: JournalFile[] = []
	private readonly closing = new AbortController()
	private readonly waiting: Delivery[] = []
	private delivering: Promise<void> | undefined
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
		this.rotatedMs = options.clock.now()
	}

	get pending(): number {
		return this.waiting.length
	}

	open(opening: Opening, whole = false): Ticket {
		if (this.waiting.length >= this.options.maxPending)
			throw new ChatError(
				'unavailable',
				'The accounts cannot be kept at the moment: their database is away for too long.',
			)
		const standing: Standing = { opening, mark: undefined }
		this.standing.set(opening.id, standing)
		const { strict } = this
		const written = this.append(openLine(opening), whole || !strict)
		if (strict) written.catch(() => this.standing.delete(opening.id))
		let settling: Promise<void> | undefined
		return {
			opened: strict ? written : done,
			progress: (progress) => {
				if (settling === undefined) this.move(standing, progress)
			},
			settle: (settlement) => {
				settling ??= this.settle(standing, settlement, written)
				if (strict) return settling
				// Said in the log where it was written.
				settling.catch(() => undefined)
				return done
			},
		}
	}

	run(): void {
		void this.every(deliverMs, () => this.deliver())
		void this.every(recoverMs, () => this.lookAfter())
	}

	async check(): Promise<Fault | undefined> {
		if (this.waiting.length >= this.options.maxPending)
			return { reason: 'too many usage records wait for the database' }
		try {
			await this.restoreFile()
			await this.current.journal.probe()
			return undefined
		} catch (cause) {
			return { reason: 'usage records cannot be written', cause }
		}
	}

	deliver(): Promise<void> {
		this.delivering ??= this.deliverWaiting().finally(() => {
			this.delivering = undefined
		})
		return this.delivering
	}

	async recover(): Promise<void> {
		const { folder } = this.options
		const locks = (await readdir(folder)).filter((file) => file.endsWith('.lock'))
		for (const name of locks.map((file) => file.slice(0, -'.lock'.length))) {
			if (name === this.process) continue
			const lock = holdLock(lockFile(folder, name), { create: false })
			if (lock === undefined) continue
			try {
				await this.recoverProcess(name)
			} catch (thrown) {
				this.log.write(
					'error',
					{ err: thrown, journal: name },
					'a journal of a process that died could not be recovered yet',
				)
			} finally {
				lock.release()
			}
		}
	}

	async close(): Promise<void> {
		const last = this.options.clock.sleep(closeMs)
		await Promise.race([this.deliver(), last])
		this.closing.abort()
		for (const { closed, journal } of this.files) await (closed ?? journal.close())
		if (this.waiting.length === 0 && this.standing.size === 0)
			for (const { path } of this.files) await rm(path, { force: true })
		this.lock.release()
		if (this.waiting.length === 0 && this.standing.size === 0)
			await rm(lockFile(this.options.folder, this.process), { force: true })
	}

	/** @param patiently nobody waits for this line by itself. */
	private append(line: string, patiently = !this.strict): Promise<void> {
		if (this.current.journal.size > (this.options.fileSize ?? 8_000_000)) this.rotateIfPossible()
		const { journal } = this.current
		const written = patiently ? journal.note(line) : journal.append(line)
		if (!this.strict)
			written.catch((thrown: unknown) => this.log.write('error', { err: thrown }, 'usage records cannot be written'))
		return written
	}

	private async settle(
		standing: Standing,
		{ outcome, upstream = '', usage, settledAtMs }: Settlement,
		opened: Promise<void>,
	): Promise<void> {
		const { opening } = standing
		const closing: Closing = { outcome, upstream, usage, settledAtMs }
		const { file, written } = this.write(settleLine(opening.id, closing))
		this.standing.delete(opening.id)
		this.moved.delete(standing)
		file.undelivered++
		this.waiting.push({ entry: entryOf(opening, closing), file })
		if (this.waiting.length >= batchSize) void this.deliver().catch(this.failed)
		await opened
		await written
	}

	private write(line: string): { readonly file: JournalFile; readonly written: Promise<void> } {
		const written = this.append(line)
		return { file: this.current, written }
	}

	private move(standing: Standing, { completionTokens, upstream }: Progress): void {
		standing.mark = [standing.opening.id, completionTokens, upstream]
		this.moved.add(standing)
		if (!this.marking) void this.markSoon()
	}

	private async markSoon(): Promise<void> {
		this.marking = true
		await this.sleep(progressMs)
		this.marking = false
		const marks = [...this.moved].flatMap(({ mark }) => (mark === undefined ? [] : [mark]))
		this.moved.clear()
		if (marks.length > 0) this.current.journal.note(progressLine(marks, this.options.clock.now()))
	}

	/** A file that is delivered must not wait long for its end: what is recovered from it is delivered once more. */
	private async lookAfter(): Promise<void> {
		await this.restoreFile()
		const { journal } = this.current
		if (journal.size > 0 && this.options.clock.now() - this.rotatedMs > longestFileMs) this.rotateIfPossible()
		await this.recover()
	}

	/** What is written to a file that was removed is lost when the process dies; and without the lock no process would recover the next one. */
	private async restoreFile(): Promise<void> {
		const { folder } = this.options
		if (await exists(this.current.path)) return
		// Not the folder above: if that is gone, its disk is, and what is written in its place would be lost or be in the way of its return.
		await mkdir(folder, { mode: 0o700 }).catch(async (thrown: unknown) => {
			if (!(await exists(folder))) throw thrown
		})
		if (!(await exists(lockFile(folder, this.process)))) {
			const lock = holdLock(lockFile(folder, this.process), { create: true })
			if (lock === undefined) throw new Error('the lock of the journal is held by another process')
			this.lock.release()
			this.lock = lock
		}
		// Somebody else may have restored it meanwhile.
		if (await exists(this.current.path)) return
		this.rotate()
		// Settled records of the removed file are in memory alone.
		void this.deliver().catch(this.failed)
	}

	private rotateIfPossible(): void {
		try {
			this.rotate()
		} catch (thrown) {
			this.failed(thrown)
		}
	}

	/** The old file goes once all that was settled in it is delivered: what is open goes on in the new one. */
	private rotate(): void {
		const old = this.current
		this.current = this.nextFile()
		const marks: ProgressMark[] = []
		for (const { opening, mark } of this.standing.values()) {
			this.current.journal.note(openLine(opening))
			if (mark !== undefined) marks.push(mark)
		}
		if (marks.length > 0) this.current.journal.note(progressLine(marks, this.options.clock.now()))
		// On disk before the old file may go.
		old.closed = Promise.all([old.journal.close(), this.current.journal.append('')]).then(() => undefined)
		// Where nothing of it waits for the database, nobody waits for its end.
		old.closed.catch(this.failed)
		this.rotatedMs = this.options.clock.now()
		void this.removeDelivered().catch(this.failed)
	}

	private nextFile(): JournalFile {
		const path = join(this.options.folder, `${this.process}.${String(this.fileCount++).padStart(6, '0')}.journal`)
		const file = { path, journal: new Journal(path), undelivered: 0, closed: undefined }
		this.files.push(file)
		return file
	}

	private async deliverWaiting(): Promise<void> {
		const { store } = this.options
		for (let pause = deliverMs; this.waiting.length > 0; ) {
			const batch = this.waiting.slice(0, this.waiting.length > manyWaiting ? largeBatchSize : batchSize)
			try {
				await store.insert(batch.map(({ entry }) => entry))
			} catch (thrown) {
				const fields = { err: thrown, waiting: this.waiting.length }
				this.log.write('warn', fields, 'usage records wait for their database')
				if (!(await this.sleep(pause))) return
				pause = Math.min(longestPauseMs, pause * 2)
				continue
			}
			pause = deliverMs
			this.waiting.splice(0, batch.length)
			for (const { file } of batch) file.undelivered--
			await this.removeDelivered()
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

	private async recoverProcess(name: string): Promise<void> {
		const { folder, store, recovered, log } = this.options
		const files = (await readdir(folder))
			.filter((file) => file.startsWith(`${name}.`) && file.endsWith('.journal'))
			.sort()
		const contents = await Promise.all(files.map((file) => Bun.file(join(folder, file)).text()))
		const entries = readJournal(contents)
		for (let at = 0; at < entries.length; at += batchSize) await store.insert(entries.slice(at, at + batchSize))
		await recovered?.(name)
		for (const file of files) await rm(join(folder, file), { force: true })
		await rm(lockFile(folder, name), { force: true })
		const interrupted = entries.filter(({ outcome }) => outcome === 'interrupted').length
		log.info({ journal: name, entries: entries.length, interrupted }, 'recovered the accounts of a process that died')
	}

	private async every(ms: number, work: () => Promise<void>): Promise<void> {
		while (await this.sleep(ms)) await work().catch(this.failed)
	}

	private readonly failed = (thrown: unknown): void =>
		this.log.write('error', { err: thrown }, 'the ledger could not do its work')

	/** @returns false where the ledger is being closed. */
	private async sleep(ms: number): Promise<boolean> {
		try {
			await this.options.clock.sleep(ms, this.closing.signal)
			return true
		} catch {
			return false
		}
	}
}

const done = Promise.resolve()

async function exists(file: string): Promise<boolean> {
	return (await stat(file).catch(() => undefined)) !== undefined
}

function lockFile(folder: string, process: string): string {
	return join(folder, `${process}.lock`)
}
