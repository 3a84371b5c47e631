import { describe, expect, test } from 'bun:test'
import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManualClock } from '../system/manual-clock.testing.ts'
import { endMark, readBytes, StoredEventReader, type StreamWriterState } from './stream-reader.ts'

const header = 'header\n'
const events = ['data: {"text":"Zoë 🙂"}\n\n', 'event: ping\ndata: 2\n\n', 'data: [DONE]\n\n']
const folder = await mkdtemp(join(tmpdir(), 'dragoman-reader-'))
let files = 0

function openFile() {
	const file = join(folder, String(files++))
	const writer = openSync(file, 'ax')
	writeSync(writer, header)
	const clock = new ManualClock()
	return {
		write: (bytes: string | Buffer) =>
			void (typeof bytes === 'string' ? writeSync(writer, bytes) : writeSync(writer, bytes)),
		clock,
		read(after = 0, writer?: StreamWriterState) {
			const descriptor = openSync(file, 'r')
			return {
				descriptor,
				reader: new StoredEventReader({ descriptor, start: header.length, after, clock, writer, buffer }),
			}
		},
		truncate: (size: number) => ftruncateSync(writer, size),
		close: () => closeSync(writer),
	}
}

/** Shared by all readers, like in a store. */
const buffer = Buffer.alloc(readBytes)

async function readAll(reader: StoredEventReader): Promise<readonly string[]> {
	const chunks: string[] = []
	for (let text = await reader.next(); text !== undefined; text = await reader.next()) chunks.push(text)
	return chunks
}

describe('a reader', () => {
	test('passes whole events only, wherever the writes are cut', async () => {
		const bytes = Buffer.from(events.join('') + endMark)
		for (let cut = 0; cut <= bytes.length; cut++) {
			const file = openFile()
			file.write(bytes.subarray(0, cut))
			const chunks = readAll(file.read().reader)
			if (cut < bytes.length) {
				await file.clock.asleep(50)
				file.write(bytes.subarray(cut))
				file.clock.advance(50)
			}
			expect((await chunks).join('')).toBe(events.join(''))
			for (const chunk of await chunks) expect(chunk.endsWith('\n\n')).toBe(true)
			file.close()
		}
	})

	test.each([0, 1, 2, 3, 4])('skips %d events', async (after) => {
		const file = openFile()
		file.write(events.join('') + endMark)
		expect((await readAll(file.read(after).reader)).join('')).toBe(events.slice(after).join(''))
		file.close()
	})

	test('skips events that are not written yet', async () => {
		const file = openFile()
		const chunks = readAll(file.read(2).reader)
		for (const event of [...events, endMark]) {
			await file.clock.asleep(50)
			file.write(event)
			file.clock.advance(50)
		}
		expect((await chunks).join('')).toBe(events.slice(2).join(''))
		file.close()
	})

	test('reads more than one block of a file', async () => {
		const file = openFile()
		const long = `data: ${'é'.repeat(50_000)}\n\n`
		file.write(long + long + endMark)
		expect((await readAll(file.read(1).reader)).join('')).toBe(long)
		file.close()
	})

	test('is woken by a writer of the same process, without a delay', async () => {
		const file = openFile()
		const grown = Promise.withResolvers<void>()
		const { reader } = file.read(0, { grown: () => grown.promise, unwrittenEnd: undefined })
		const next = reader.next()
		file.write(events[0] ?? '')
		grown.resolve()
		expect(await next).toBe(events[0])
		reader.cancel()
		file.close()
	})

	test('closes its file at the end', async () => {
		const file = openFile()
		file.write(endMark)
		const { reader, descriptor } = file.read()
		expect(await reader.next()).toBeUndefined()
		expect(() => fstatSync(descriptor)).toThrow('EBADF')
		file.close()
	})

	test.each(['cancel', 'interrupt'] as const)(
		'that is ended by %s stops waiting and closes its file once',
		async (end) => {
			const file = openFile()
			const { reader, descriptor } = file.read()
			const next = reader.next()
			await file.clock.asleep(50)
			reader[end]()
			expect(await next).toBeUndefined()
			expect(() => fstatSync(descriptor)).toThrow('EBADF')
			expect(() => reader.cancel()).not.toThrow()
			file.close()
		},
	)
})

test('a reader passes an event that is larger than one read', async () => {
	const file = openFile()
	const large = `data: ${'x'.repeat(500_000)}\n\n`
	file.write(`${events[0]}${large}`)
	const chunks = readAll(file.read().reader)
	await file.clock.asleep(50)
	file.write(`${events[1]}${endMark}`)
	file.clock.advance(50)
	expect((await chunks).join('')).toBe(`${events[0]}${large}${events[1]}`)
	file.close()
})

test('a reader passes nothing of an event that its writer removed again', async () => {
	const file = openFile()
	file.write(`${events[0]}data: the disk is full within this ev`)
	const chunks = readAll(file.read().reader)
	await file.clock.asleep(50)
	file.truncate(header.length + Buffer.byteLength(events[0] ?? ''))
	file.write(`${events[1]}${events[2]}${endMark}`)
	file.clock.advance(50)
	expect((await chunks).join('')).toBe(events.join(''))
	file.close()
})

test('reading events allocates no buffer for each of them', async () => {
	const { allocUnsafe } = Buffer
	let allocated = 0
	Buffer.allocUnsafe = (bytes) => {
		allocated += bytes
		return allocUnsafe(bytes)
	}
	try {
		const file = openFile()
		file.write(`${'data: x\n\n'.repeat(100)}${endMark}`)
		for (let at = 0; at < 20; at++) await readAll(file.read().reader)
		file.close()
	} finally {
		Buffer.allocUnsafe = allocUnsafe
	}
	expect(allocated).toBeLessThan(readBytes)
})
