// How much memory a new process can use on this machine or in this container. It does not know what needs the memory.

import { spawnSync } from 'node:child_process'
import { freemem, totalmem } from 'node:os'

/** Of this machine or container, in bytes. */
export function totalMemory(): number {
	const constrained = process.constrainedMemory()
	return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
}

/** Without memory that the system can free, such as its cache of files, in bytes. */
export function availableMemory(platform: NodeJS.Platform = process.platform): number {
	return Math.min(totalMemory(), platform === 'darwin' ? (readVmStat() ?? freemem()) : freemem())
}

/** On macOS the system's number of free bytes excludes the cache, which is most of the memory. */
function readVmStat(): number | undefined {
	const { status, stdout } = spawnSync('vm_stat', { encoding: 'utf8' })
	return status === 0 ? parseVmStat(stdout) : undefined
}

/** Pages that can be given to a process. */
const availablePages = /^Pages (?:free|inactive|speculative|purgeable):\s+(\d+)\./gm

/** @param text output of `vm_stat`. @returns bytes; undefined for text of another form. */
export function parseVmStat(text: string): number | undefined {
	const pageBytes = Number(/page size of (\d+) bytes/.exec(text)?.[1])
	const pages = [...text.matchAll(availablePages)].map(([, count]) => Number(count))
	if (pages.length === 0 || Number.isNaN(pageBytes)) return undefined
	return pages.reduce((sum, count) => sum + count, 0) * pageBytes
}
