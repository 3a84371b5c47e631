// The state of files as far as it can be determined without reading them.

import { stat } from 'node:fs/promises'

/**
 * A text that changes when any of the files is changed, replaced, created or removed. Symbolic links are followed.
 * Undefined if one of them is a pipe or a device, which can be read only once.
 */
export async function stateOf(files: readonly string[]): Promise<string | undefined> {
	const states = await Promise.all(files.map(stateOfOne))
	return states.includes(undefined) ? undefined : states.join(' ')
}

async function stateOfOne(file: string): Promise<string | undefined> {
	try {
		const found = await stat(file)
		if (!(found.isFile() || found.isDirectory())) return undefined
		const { dev, ino, size, mtimeMs, ctimeMs } = found
		return [dev, ino, size, mtimeMs, ctimeMs].join(':')
	} catch {
		return 'absent'
	}
}
