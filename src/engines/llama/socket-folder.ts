// The folder for the Unix sockets of engine processes: created on first use, in the first folder that can hold it. A
// lock file inside marks it as in use, so that a later start can remove the folders of servers that were killed.

import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type HeldLock, holdLock } from '../../system/lock.ts'

export interface SocketFolderOptions {
	/** Absolute. Fallback if no temporary folder is usable. */
	readonly dataFolder: string
	readonly environment: Readonly<Record<string, string | undefined>>
}

const prefix = 'dragoman-run-'
const lockName = 'in-use.lock'
/** Bytes reserved for the random part of the folder's name and for the longest socket name. */
const reservedBytes = `/${prefix}XXXXXX/`.length + 45
/** Maximum length of a Unix socket path that works on every system: macOS has the lowest limit. */
const longestPathBytes = 103

export class SocketFolder {
	private readonly options: SocketFolderOptions
	private made: Promise<{ readonly path: string; readonly lock: HeldLock | undefined }> | undefined

	/** Performs no I/O. */
	constructor(options: SocketFolderOptions) {
		this.options = options
	}

	/**
	 * The folder, accessible to this user only; created by the first call. A call after a failed one tries again.
	 *
	 * @throws Error that lists each candidate folder with the reason why it cannot be used.
	 */
	async path(): Promise<string> {
		this.made ??= this.make().catch((thrown: unknown) => {
			this.made = undefined
			throw thrown
		})
		return (await this.made).path
	}

	/** Removes the folder, if it exists. */
	async remove(): Promise<void> {
		const made = await this.made?.catch(() => undefined)
		this.made = undefined
		made?.lock?.release()
		if (made !== undefined) await rm(made.path, { recursive: true, force: true })
	}

	private async make() {
		const { environment, dataFolder } = this.options
		const temporary = environment.TMPDIR || tmpdir()
		const parents = [temporary, dataFolder, environment.XDG_RUNTIME_DIR ?? ''].filter((parent) => parent !== '')
		const reasons: string[] = []
		for (const parent of parents) {
			const made = await makeIn(parent).catch((cause: unknown) => {
				reasons.push(`${parent}: ${cause instanceof Error ? cause.message : String(cause)}`)
			})
			if (made !== undefined) return made
		}
		throw new Error(
			`No usable folder for the sockets of the embedded engine. Set TMPDIR to a short, writable path. Tried: ${reasons.join('; ')}.`,
		)
	}
}

async function makeIn(parent: string) {
	if (Buffer.byteLength(parent) + reservedBytes > longestPathBytes)
		throw new Error(`the path is too long for a Unix socket, at most ${longestPathBytes - reservedBytes} bytes`)
	await removeDead(parent)
	const path = await mkdtemp(join(parent, prefix))
	return { path, lock: holdLock(join(path, lockName), { create: true }) }
}

/**
 * A folder whose lock is free was left by a server that was killed. A folder without a lock is being created, or was
 * removed by another process.
 */
async function removeDead(parent: string): Promise<void> {
	await mkdir(parent, { recursive: true })
	for (const name of await readdir(parent)) {
		if (!name.startsWith(prefix)) continue
		try {
			const lock = holdLock(join(parent, name, lockName), { create: false })
			if (lock === undefined) continue
			lock.release()
			await rm(join(parent, name), { recursive: true, force: true })
		} catch {
			// It belongs to another user.
		}
	}
}
