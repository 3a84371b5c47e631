// Files and folders that only their owner may use, whichever mode they were created with. Windows ignores modes.

import { chmod, lstat, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Bits of a mode that permit something to the group or to others. */
const foreign = 0o077
/** The owner's bits, and those that are no permissions. */
const retained = 0o7700

/** The umask of every command: files are created with mode 0600, folders with 0700. */
export const privateUmask = foreign

/** Creates an empty file that only its owner may read and write, unless it exists. */
export async function createPrivateFile(file: string): Promise<void> {
	await (await open(file, 'a', 0o600)).close()
}

/**
 * Removes the permissions of the group and of others from a file or folder. Does nothing if it does not exist, is a
 * symbolic link or belongs to another user.
 */
export async function removeForeignAccess(path: string): Promise<void> {
	try {
		const found = await lstat(path)
		if (!found.isSymbolicLink() && (found.mode & foreign) !== 0) await chmod(path, found.mode & retained)
	} catch (thrown) {
		if (!acceptable.has(String(Reflect.get(Object(thrown), 'code')))) throw thrown
	}
}

const acceptable: ReadonlySet<string> = new Set(['ENOENT', 'EPERM', 'EACCES', 'EROFS', 'ENOTSUP'])

/** `removeForeignAccess` for a folder and everything in it. Does not follow symbolic links. */
export async function removeForeignAccessWithin(folder: string): Promise<void> {
	await removeForeignAccess(folder)
	const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
	for (const entry of entries) {
		const path = join(folder, entry.name)
		if (entry.isDirectory()) await removeForeignAccessWithin(path)
		else await removeForeignAccess(path)
	}
}
