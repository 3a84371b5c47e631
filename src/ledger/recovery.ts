// Recovers the journals of processes that exited: settles their open tickets and inserts their pending entries into the
// database. A process holds the lock of its journal while it runs, so a journal whose lock is free has no process.

import { existsSync } from 'node:fs'
import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type HeldLock, holdLock } from '../system/lock.ts'
import type { ThrottledLog } from '../system/throttled-log.ts'
import { type DeliveryContext, deliverEntries } from './entry-delivery.ts'
import { readJournal } from './journal-line.ts'

export interface RecoveryContext extends DeliveryContext {
	/** Folder of the journals. */
	readonly folder: string
	/** The name of this process, whose own journal is left alone. */
	readonly process: string
	/** Number of entries of one insert. */
	readonly batchSize: number
	/** For failures, which would repeat with every attempt. */
	readonly throttledLog: ThrottledLog
	/** Called for each process that exited. If it throws, its journal is retained and recovered again later. */
	readonly recovered?: (process: string) => Promise<void>
}

/** @returns whether all of them are recovered. */
export async function recoverJournals(context: RecoveryContext): Promise<boolean> {
	const { folder, process, throttledLog } = context
	const locks = (await readdir(folder)).filter((file) => file.endsWith('.lock'))
	let complete = true
	for (const name of locks.map((file) => file.slice(0, -'.lock'.length))) {
		if (name === process) continue
		const lock = holdLock(lockFile(folder, name), { create: false })
		if (lock === undefined) continue
		try {
			await recoverProcess(name, context)
		} catch (thrown) {
			complete = false
			throttledLog.write(
				'error',
				{ err: thrown, journal: name },
				'cannot recover the journal of a process that exited: trying again later',
			)
		} finally {
			lock.release()
		}
	}
	return complete
}

async function recoverProcess(name: string, context: RecoveryContext): Promise<void> {
	const { folder, batchSize, recovered, log } = context
	const files = (await readdir(folder))
		.filter((file) => file.startsWith(`${name}.`) && file.endsWith('.journal'))
		.sort()
	const contents = await Promise.all(files.map((file) => Bun.file(join(folder, file)).text()))
	const unreadable: string[] = []
	const entries = readJournal(contents, (line) => unreadable.push(line))
	for (let at = 0; at < entries.length; at += batchSize)
		await deliverEntries(entries.slice(at, at + batchSize), context)
	await recovered?.(name)
	if (unreadable.length > 0)
		log.error(
			{ journal: name, lines: unreadable.length, first: unreadable[0] },
			'the journal of a process that exited has lines that cannot be read: its files remain as *.unreadable',
		)
	for (const file of files)
		if (unreadable.length > 0) await rename(join(folder, file), join(folder, `${file}.unreadable`))
		else await rm(join(folder, file), { force: true })
	await rm(lockFile(folder, name), { force: true })
	const interrupted = entries.filter(({ outcome }) => outcome === 'interrupted').length
	log.info(
		{ journal: name, entries: entries.length, interrupted },
		'recovered the usage records of a process that exited',
	)
}

/** A unique name for this process's journal, and its lock. */
export function takeName(folder: string): { readonly process: string; readonly lock: HeldLock } {
	for (;;) {
		const process = Bun.randomUUIDv7('hex').replaceAll('-', '')
		const lock = holdLock(lockFile(folder, process), { create: true })
		// A recovering process may have taken the lock between the creation of the file and its locking.
		if (lock !== undefined) return { process, lock }
	}
}

/**
 * Whether the process that owns a journal in `folder` is running. True if the folder is missing, because its locks are
 * then unknown.
 */
export function isProcessRunning(folder: string, process: string): boolean {
	if (!existsSync(folder)) return true
	const file = lockFile(folder, process)
	if (!existsSync(file)) return false
	const lock = holdLock(file, { create: false })
	lock?.release()
	return lock === undefined
}

export function lockFile(folder: string, process: string): string {
	return join(folder, `${process}.lock`)
}
