// Checks of a SQLite file as a whole: whether it is a database of this program, and whether its pages are consistent.

import { open, stat } from 'node:fs/promises'
import type { Sql } from '../sql/sql.ts'
import { SqliteThread } from './sqlite-thread.ts'

/** The files that belong to a database, by what their names add. */
export const fileSuffixes = ['', '-wal', '-shm', '-journal'] as const

/** @throws Error with the system's `code` if that cannot be known, for example without permission for its folder. */
export async function isFile(path: string): Promise<boolean> {
	try {
		return (await stat(path)).isFile()
	} catch (thrown) {
		const code: unknown = Reflect.get(Object(thrown), 'code')
		if (code === 'ENOENT' || code === 'ENOTDIR') return false
		throw thrown
	}
}

/** Whether the tables of this program exist. */
export async function hasMigrations(sql: Sql): Promise<boolean> {
	const [table] = await sql`SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'migrations'`
	return table !== undefined
}

/** The first problems that SQLite finds in the file, as one text; undefined if there are none. Reads all pages. */
export async function findDamage(sql: Sql): Promise<string | undefined> {
	try {
		const rows = await sql.unsafe('PRAGMA integrity_check(3)')
		const problems = rows.flatMap((row) => Object.values(row).map(String)).filter((problem) => problem !== 'ok')
		return problems.length === 0 ? undefined : problems.join('; ').replaceAll('\n', ' ')
	} catch (thrown) {
		if (thrown instanceof Error && isDamage(thrown)) return thrown.message
		throw thrown
	}
}

/** Whether an error means that the file is damaged, or not a database. */
export function isDamage(thrown: Error): boolean {
	return /^SQLITE_(CORRUPT|NOTADB)/.test(String(Reflect.get(thrown, 'code')))
}

const [magic, headerLength, journalModeAt, walMode] = ['SQLite format 3\0', 100, 18, 2]

/**
 * The journal mode in the header of a file. SQLite writes it to the file itself before the first write-ahead log exists.
 * `none` if the file does not exist or is empty, `other` if it is not a SQLite database.
 */
export async function readJournalMode(file: string): Promise<'wal' | 'rollback' | 'none' | 'other'> {
	if ((await sizeOf(file)) === 0) return 'none'
	const opened = await open(file, 'r')
	try {
		const header = Buffer.alloc(headerLength)
		const { bytesRead } = await opened.read(header, 0, headerLength, 0)
		if (bytesRead < headerLength || header.toString('latin1', 0, magic.length) !== magic) return 'other'
		return header[journalModeAt] === walMode ? 'wal' : 'rollback'
	} finally {
		await opened.close()
	}
}

/** In bytes; 0 if the file does not exist. */
export async function sizeOf(file: string): Promise<number> {
	return (await stat(file).catch(() => undefined))?.size ?? 0
}

/** Runs `work` with a connection of its own. */
export async function withThread<Result>(
	file: string,
	options: { readonly readonly: boolean },
	work: (sql: Sql) => Promise<Result>,
): Promise<Result> {
	const thread = await SqliteThread.open(file, options)
	try {
		return await work(thread.sql)
	} finally {
		await thread.close()
	}
}
