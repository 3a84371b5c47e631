// The file of a stored stream: a header line, the events as text, and a mark at the end. It does not know who writes or
// reads the stream.

import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import { z } from 'zod'
import { endMark } from './stream-reader.ts'

const header = z.object({ tenant: z.string(), owner: z.string(), process: z.string(), interruption: z.string() })
export type Header = z.infer<typeof header>

/** The first line of the file; undefined if the file does not exist or has none. */
export function readHeader(file: string): { readonly header: Header; readonly length: number } | undefined {
	let descriptor: number
	try {
		descriptor = openSync(file, 'r')
	} catch {
		return undefined
	}
	try {
		const bytes = Buffer.alloc(65_536)
		const length = bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0)).indexOf(10)
		if (length < 0) return undefined
		return { header: header.parse(JSON.parse(bytes.toString('utf8', 0, length))), length: length + 1 }
	} finally {
		closeSync(descriptor)
	}
}

/**
 * Whether the stream in a file has ended; false if the file cannot be read, as when another process has just removed
 * it.
 */
export function endedFile(file: string): boolean {
	let descriptor: number | undefined
	try {
		descriptor = openSync(file, 'r')
		return hasEnded(descriptor)
	} catch {
		return false
	} finally {
		if (descriptor !== undefined) closeSync(descriptor)
	}
}

export function hasEnded(descriptor: number): boolean {
	const { size } = fstatSync(descriptor)
	const last = Buffer.alloc(1)
	return size > 0 && readSync(descriptor, last, 0, 1, size - 1) === 1 && last[0] === 0
}

/**
 * Overwrites an incomplete event at the end, which would corrupt the next one.
 *
 * @throws Error if it cannot be written; then the file has the complete events only.
 */
export function terminatePartialEvent(descriptor: number, interruption: string): void {
	const { size } = fstatSync(descriptor)
	const bytes = Buffer.alloc(size)
	readSync(descriptor, bytes, 0, size, 0)
	const begin = bytes.indexOf(10) + 1
	const completeLength = bytes.lastIndexOf('\n\n')
	const from = completeLength < begin ? begin : completeLength + 2
	const tail = Buffer.from(interruption + endMark)
	// Pads with newlines, which have no meaning between events, if the incomplete event is longer than its replacement.
	const padded = Buffer.concat([
		tail.subarray(0, -1),
		Buffer.alloc(Math.max(0, size - from - tail.length), 10),
		Buffer.of(0),
	])
	try {
		for (let done = 0; done < padded.length; )
			done += writeSync(descriptor, padded, done, padded.length - done, from + done)
	} catch (thrown) {
		// The disk is full: the complete events remain, and the next attempt begins after them.
		ftruncateSync(descriptor, from)
		throw thrown
	}
}
