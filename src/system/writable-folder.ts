// Whether files can be written into a folder, by what the system reports: nothing is written to find out.

import { access, constants, statfs } from 'node:fs/promises'

/** Bytes: a server that has less left fails within moments. */
const leastFree = 1_048_576

export type FolderFault = 'missing' | 'read-only' | 'full'

export async function findFolderFault(folder: string): Promise<FolderFault | undefined> {
	try {
		await access(folder, constants.W_OK | constants.X_OK)
	} catch (thrown) {
		const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
		return code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : 'read-only'
	}
	const { blocks, bsize, bavail, bfree, files, ffree } = await statfs(folder)
	// Some file systems report zeros. Root may use what is reserved for root.
	const free = (process.getuid?.() === 0 ? bfree : bavail) * bsize
	return (blocks > 0 && free < leastFree) || (files > 0 && ffree === 0) ? 'full' : undefined
}
