// A counter in a file that several processes share: the process that changes something increments it, and all others
// see the change immediately, without a system call. It does not know what changes.

import { closeSync, fstatSync, ftruncateSync, openSync } from 'node:fs'

const bytes = 8

export interface ChangeCounter {
	/** A number that differs after each change. A memory read. */
	read(): number
	bump(): void
}

/** @param file created if it does not exist. Processes share it through memory, so it must be on a local disk. */
export function openChangeCounter(file: string): ChangeCounter {
	const descriptor = openSync(file, 'a+', 0o600)
	if (fstatSync(descriptor).size < bytes) ftruncateSync(descriptor, bytes)
	closeSync(descriptor)
	const shared = Bun.mmap(file, { shared: true })
	const counts = new BigUint64Array(shared.buffer, shared.byteOffset, 1)
	return {
		read: () => Number(Atomics.load(counts, 0)),
		bump() {
			Atomics.add(counts, 0, 1n)
		},
	}
}
