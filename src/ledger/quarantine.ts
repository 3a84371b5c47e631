// Usage records that the database refuses, one file for each in a folder. A server sets them aside here; a command
// lists them and inserts them again. It does not know why a record is refused.

import { readdirSync } from 'node:fs'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { syncToDisk } from '../system/disk-sync.ts'
import { outcomes } from './ledger.ts'
import type { LedgerEntry } from './ledger-entry.ts'

export interface QuarantinedEntry {
	readonly entry: LedgerEntry
	/** The database's message. */
	readonly reason: string
	/** Milliseconds since 1970. */
	readonly quarantinedAtMs: number
}

/** Records are read leniently: the values that a database refuses must be readable here. */
const quarantinedEntry = z.object({
	entry: z.object({
		id: z.string(),
		tenant: z.string(),
		owner: z.string(),
		key: z.string(),
		model: z.string(),
		upstream: z.string(),
		operation: z.string(),
		dialect: z.string(),
		outcome: z.enum(outcomes),
		openedAtMs: z.number(),
		settledAtMs: z.number(),
		promptTokens: z.number(),
		cachedTokens: z.number(),
		completionTokens: z.number(),
		reasoningTokens: z.number(),
		source: z.enum(['upstream', 'counted', 'none']),
		costMicros: z.number(),
		currency: z.string(),
	}),
	reason: z.string(),
	quarantinedAtMs: z.number(),
})

const extension = '.json'

/** Processes may share the folder: each operation is one change of one file. */
export class Quarantine {
	private readonly folder: string

	/** @param folder is created with the first record. */
	constructor(folder: string) {
		this.folder = folder
	}

	/** Number of records; NaN if the folder cannot be read. Counts synchronously, for metrics. */
	get size(): number {
		try {
			return readdirSync(this.folder).filter(isEntryFile).length
		} catch (thrown) {
			return isMissing(thrown) ? 0 : Number.NaN
		}
	}

	/**
	 * Replaces a record with the same id. Resolves once it is on disk.
	 *
	 * @throws Error if it cannot be written.
	 */
	async add(quarantined: QuarantinedEntry): Promise<void> {
		await mkdir(this.folder, { recursive: true, mode: 0o700 })
		const file = this.fileOf(quarantined.entry.id)
		// Processes may write the same record.
		const unfinished = `${file}.${crypto.randomUUID()}.tmp`
		try {
			const written = await open(unfinished, 'wx', 0o600)
			try {
				await written.writeFile(`${JSON.stringify(quarantined)}\n`)
				await written.sync()
			} finally {
				await written.close()
			}
			await rename(unfinished, file)
		} catch (thrown) {
			await rm(unfinished, { force: true })
			throw thrown
		}
		await syncToDisk(this.folder)
	}

	/**
	 * In the order in which they were settled.
	 *
	 * @throws Error that names the file, if one cannot be read.
	 */
	async list(): Promise<readonly QuarantinedEntry[]> {
		const names = await readdir(this.folder).catch((thrown: unknown) => {
			if (isMissing(thrown)) return []
			throw thrown
		})
		const found: QuarantinedEntry[] = []
		for (const name of names.filter(isEntryFile)) {
			const text = await readIfPresent(join(this.folder, name))
			if (text !== undefined) found.push(parse(text, join(this.folder, name)))
		}
		return found.toSorted((a, b) => a.entry.settledAtMs - b.entry.settledAtMs || (a.entry.id < b.entry.id ? -1 : 1))
	}

	/** Does nothing if there is no such record. */
	async remove(id: string): Promise<void> {
		await rm(this.fileOf(id), { force: true })
	}

	private fileOf(id: string): string {
		return join(this.folder, `${encodeURIComponent(id)}${extension}`)
	}
}

function isEntryFile(name: string): boolean {
	return name.endsWith(extension)
}

/** Undefined if another process removed it. */
async function readIfPresent(file: string): Promise<string | undefined> {
	try {
		return await Bun.file(file).text()
	} catch (thrown) {
		if (isMissing(thrown)) return undefined
		throw thrown
	}
}

function parse(text: string, file: string): QuarantinedEntry {
	try {
		return quarantinedEntry.parse(JSON.parse(text))
	} catch (cause) {
		throw new Error(`${file} is not a usage record in quarantine`, { cause })
	}
}

function isMissing(thrown: unknown): boolean {
	return Reflect.get(Object(thrown), 'code') === 'ENOENT'
}
