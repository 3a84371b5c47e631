// The file of a stored stream: a header line, the events as text, and a mark at the end. It does not know who writes or
// reads the stream.

import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import { z } from 'zod'
import { endMark, eventEnd } from './stream-reader.ts'

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

/** The events that `interruption` adds to a stream whose process exited: numbered after those in the file. */
export function interruptionAfter(descriptor: number, start: number, interruption: string): string {
	const bytes = Buffer.alloc(Math.max(0, fstatSync(descriptor).size - start))
	const length = readSync(descriptor, bytes, 0, bytes.length, start)
	return numberFrom(countEvents(bytes.subarray(0, length)), interruption)
}

function countEvents(bytes: Buffer): number {
	let count = 0
	for (let end = bytes.indexOf(eventEnd); end !== -1; end = bytes.indexOf(eventEnd, end + eventEnd.length)) count++
	return count
}

/**
 * An interruption is written when its stream opens, as if it were the first event. Formats that number their events do
 * so right after the type, and clients continue by these numbers, which must not begin again.
 */
function numberFrom(first: number, events: string): string {
	return events.replace(
		/^(data: \{"type":"[\w.]+","sequence_number":)(\d+)/gm,
		(_, head: string, number: string) => head + (first + Number(number)),
	)
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
	const tail = Buffer.from(numberFrom(countEvents(bytes.subarray(begin, from)), interruption) + endMark)
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
