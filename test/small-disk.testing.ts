// A small separate file system that a test can fill.

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from './server.ts'

export interface SmallDisk {
	readonly folder: string
	/** Takes all space; resolves when not a byte can be written. */
	fill(): void
	/** Gives back the space that `fill` took. */
	free(): Promise<void>
	unmount(): void
}

/** Undefined if this system does not permit it. */
export async function mountSmallDisk(size = '8m'): Promise<SmallDisk | undefined> {
	if (process.platform !== 'linux') return undefined
	const folder = await temporaryFolder()
	if (Bun.spawnSync(['mount', '-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]).exitCode !== 0) return undefined
	const filler = join(folder, 'filler')
	return {
		folder,
		fill() {
			Bun.spawnSync(['dd', 'if=/dev/zero', `of=${filler}`, 'bs=4096', 'conv=notrunc', 'oflag=append'], {
				stderr: 'ignore',
			})
		},
		free: () => rm(filler, { force: true }),
		unmount: () => void Bun.spawnSync(['umount', '-l', folder]),
	}
}
