// Counters in a file that several processes share: the process that changes something increments the counter of its
// subject, and all others see the change immediately, without a system call. It does not know what changes.

import { closeSync, fstatSync, openSync, writeSync } from 'node:fs'

/** Subjects that share a counter are invalidated together. */
const counters = 4096
const bytesPerCounter = 8
/** The first counter belongs to all subjects: earlier versions have no other. */
const fileBytes = (1 + counters) * bytesPerCounter

export interface ChangeCounter {
	/** A number that differs after each change of `subject`. A memory read. */
	read(subject: string): number
	bump(subject: string): void
}

/**
 * Subjects are hexadecimal hashes.
 *
 * @param file created if it does not exist. Processes share it through memory, so it must be on a local disk.
 */
export function openChangeCounter(file: string): ChangeCounter {
	const descriptor = openSync(file, 'a+', 0o600)
	try {
		// Written rather than truncated to its length: on a full disk, memory of a hole in the file ends the process when it is read.
		const missing = fileBytes - fstatSync(descriptor).size
		if (missing > 0) writeSync(descriptor, new Uint8Array(missing))
	} finally {
		closeSync(descriptor)
	}
	const shared = Bun.mmap(file, { shared: true })
	const counts = new BigUint64Array(shared.buffer, shared.byteOffset, 1 + counters)
	return {
		read: (subject) => Number(Atomics.load(counts, 0) + Atomics.load(counts, counterOf(subject))),
		bump(subject) {
			Atomics.add(counts, counterOf(subject), 1n)
		},
	}
}

function counterOf(hash: string): number {
	return 1 + ((Number.parseInt(hash.slice(0, 8), 16) || 0) % counters)
}
