// The files of a data folder with changes of turns that have not arrived in the database: one for each turn, named after
// the process that wrote it. It does not know when they are delivered.

import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readChange, type TurnChange, writeChange } from './turn-change.ts'
import type { TurnId } from './turn-id.ts'

const [suffix, unfinished] = ['.json', '.tmp']

export class TurnFiles {
	private readonly folder: string
	private readonly process: () => string

	private constructor(folder: string, process: () => string) {
		this.folder = folder
		this.process = process
	}

	/** @param process the name of this process. */
	static async open(folder: string, process: () => string): Promise<TurnFiles> {
		await mkdir(folder, { recursive: true, mode: 0o700 })
		return new TurnFiles(folder, process)
	}

	/** Resolves when the file is on disk. It replaces an earlier one for the same turn. */
	async write(change: TurnChange): Promise<void> {
		const path = this.pathOf(change.turn)
		const temporary = `${path}.${Bun.randomUUIDv7('hex')}${unfinished}`
		try {
			const file = await open(temporary, 'wx', 0o600)
			try {
				await file.writeFile(writeChange(change))
				await file.sync()
			} finally {
				await file.close()
			}
			await rename(temporary, path)
			const folder = await open(this.folder, 'r')
			await folder.sync().finally(() => folder.close())
		} catch (thrown) {
			await rm(temporary, { force: true }).catch(() => undefined)
			throw thrown
		}
	}

	/** A file that cannot be removed is delivered again later, which is harmless. Never rejects. */
	async remove(turn: TurnId): Promise<void> {
		await rm(this.pathOf(turn), { force: true }).catch(() => undefined)
	}

	/** The processes, this one included, that files are named after. */
	async processes(): Promise<ReadonlySet<string>> {
		const names = (await readdir(this.folder)).filter((name) => name.endsWith(suffix) || name.endsWith(unfinished))
		return new Set(names.map((name) => name.slice(0, name.indexOf('.'))))
	}

	/**
	 * Calls `deliver` with each change of a process that exited, and removes its file afterwards. Removes incomplete files.
	 *
	 * @param unreadable called with the name of a file that cannot be read, after it was renamed.
	 * @returns the number of changes.
	 * @throws the first error of `deliver`.
	 */
	async deliver(
		process: string,
		deliver: (change: TurnChange) => Promise<void>,
		unreadable: (name: string) => void,
	): Promise<number> {
		let delivered = 0
		for (const name of await readdir(this.folder)) {
			if (!name.startsWith(`${process}.`)) continue
			const path = join(this.folder, name)
			if (name.endsWith(unfinished)) await rm(path, { force: true })
			if (!name.endsWith(suffix)) continue
			// Another process may have delivered it.
			const text = await readFile(path, 'utf8').catch(() => undefined)
			if (text === undefined) continue
			const change = readChange(text)
			if (change === undefined) {
				await rename(path, `${path}.unreadable`)
				unreadable(`${name}.unreadable`)
				continue
			}
			await deliver(change)
			await rm(path, { force: true })
			delivered++
		}
		return delivered
	}

	private pathOf(turn: TurnId): string {
		return join(this.folder, `${this.process()}.${turn}${suffix}`)
	}
}
