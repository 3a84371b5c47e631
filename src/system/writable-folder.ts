// Whether files can be written to a folder, according to the system. Nothing is written to test it.

import { access, constants, statfs } from 'node:fs/promises'

/** Minimum free space in bytes: a server with less would fail soon. */
const leastFree = 1_048_576

export type FolderFault = 'missing' | 'read-only' | 'full'

export async function findFolderFault(folder: string): Promise<FolderFault | undefined> {
	try {
		await access(folder, constants.W_OK | constants.X_OK)
	} catch (thrown) {
		const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
		return code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : 'read-only'
	}
	const { files, ffree } = await statfs(folder)
	const free = await freeBytes(folder)
	return (free !== undefined && free < leastFree) || (files > 0 && ffree === 0) ? 'full' : undefined
}

/** Bytes that this user can still write to the file system of a folder; undefined if it does not report them. */
export async function freeBytes(folder: string): Promise<number | undefined> {
	return (await diskSpace(folder))?.freeBytes
}

export interface DiskSpace {
	/** Bytes that this user can still write. */
	readonly freeBytes: number
	readonly totalBytes: number
}

/** The space of the file system of a folder; undefined if it does not report it. */
export async function diskSpace(folder: string): Promise<DiskSpace | undefined> {
	const { blocks, bsize, bavail, bfree } = await statfs(folder)
	// Some file systems report zeros. Root may use the blocks reserved for root.
	return blocks > 0
		? { freeBytes: (process.getuid?.() === 0 ? bfree : bavail) * bsize, totalBytes: blocks * bsize }
		: undefined
}
