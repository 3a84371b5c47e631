// Writes what the system holds in memory to the disk, so that it survives a power failure.

import { open } from 'node:fs/promises'

/** Syncs a file, or the names in a folder: a new name survives a power failure only after its folder was synced. */
export async function syncToDisk(path: string): Promise<void> {
	const opened = await open(path, 'r')
	try {
		await opened.sync()
	} finally {
		await opened.close()
	}
}
