// Counts the files and sockets that this process has open.

import { readdir, stat } from 'node:fs/promises'

/** A folder with an entry for each descriptor; other systems have none. */
const folders: Readonly<Partial<Record<NodeJS.Platform, string>>> = { linux: '/proc/self/fd', darwin: '/dev/fd' }

/** Undefined if the system does not report it. */
export async function countOpenDescriptors(platform = process.platform): Promise<number | undefined> {
	const folder = folders[platform]
	if (folder === undefined) return undefined
	// Linux 6.2 and later report the number as the size of the folder, whatever it is.
	const { size } = await stat(folder)
	if (platform === 'linux' && size > 0) return size
	// Without the descriptor that reads the folder.
	return (await readdir(folder)).length - 1
}
