// What can be seen of files without reading them.

import { stat } from 'node:fs/promises'

/** A text that differs once any of the files was changed, replaced, created or removed. Symbolic links are followed. */
export async function stateOf(files: readonly string[]): Promise<string> {
	return (await Promise.all(files.map(stateOfOne))).join(' ')
}

async function stateOfOne(file: string): Promise<string> {
	try {
		const { dev, ino, size, mtimeMs, ctimeMs } = await stat(file)
		return [dev, ino, size, mtimeMs, ctimeMs].join(':')
	} catch {
		return 'absent'
	}
}
