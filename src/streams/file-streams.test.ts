import { describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ChatError } from '../chat/error.ts'
import type { ChunkSource } from '../http/event-stream.ts'
import { ownerId, tenantId } from '../keys/scope.ts'
import { ManualClock } from '../system/manual-clock.testing.ts'
import { rejection } from '../system/rejection.testing.ts'
import { FileStreams, type FileStreamsOptions } from './file-streams.ts'

const alice = { tenant: tenantId('default'), owner: ownerId('alice') }
const bob = { ...alice, owner: ownerId('bob') }
const [first, second, third] = ['0'.repeat(32), '1'.repeat(32), '2'.repeat(32)]
const minuteMs = 60_000

/** A folder, and the streams of one process in it. */
async function openFolder(options: Partial<FileStreamsOptions> = {}) {
	const folder = await mkdtemp(join(tmpdir(), 'dragoman-streams-'))
	const clock = new ManualClock()
	const opened: FileStreams[] = []
	const openStreams = async (process = 'one', itsClock = clock) => {
		const limits = { retentionMs: 10 * minuteMs, maxBytes: 1000, maxTotalBytes: 10_000 }
		const streams = await FileStreams.open({
			folder,
			process: () => process,
			isRunning: () => true,
			...limits,
			clock: itsClock,
			...options,
		})
		opened.push(streams)
		return streams
	}
	return {
		folder,
		clock,
		streams: await openStreams(),
		/** Advances the clock, and waits until expired streams are removed. */
		async sweep(ms: number) {
			clock.advance(ms)
			await clock.asleep(minuteMs)
		},
		/** The streams of another process. */
		openStreams,
		async [Symbol.asyncDispose]() {
			for (const streams of opened) streams.close(new Error('the test is over'))
			await rm(folder, { recursive: true, force: true })
		},
	}
}

function begin(streams: FileStreams, id = first, scope = alice) {
	return streams.open({ scope, id, interruption: 'data: interrupted\n\n' })
}

async function textOf(chunks: ChunkSource | undefined): Promise<string> {
	let text = ''
	for (let chunk = await chunks?.next(); chunk !== undefined; chunk = await chunks?.next()) text += chunk
	return text
}

async function quiet(): Promise<void> {
	for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

describe('a stored stream', () => {
	test('is read from its beginning or after any event once it has ended', async () => {
		await using folder = await openFolder()
		const { streams } = folder
		const stream = begin(streams)
		for (const event of ['data: a\n\n', 'data: b\n\n', 'data: c\n\n']) stream.append(event)
		stream.end('data: end\n\n')
		expect(await textOf(await streams.read(alice, first, 0))).toBe('data: a\n\ndata: b\n\ndata: c\n\ndata: end\n\n')
		expect(await textOf(await streams.read(alice, first, 2))).toBe('data: c\n\ndata: end\n\n')
		expect(await textOf(await streams.read(alice, first, 4))).toBe('')
		expect(await textOf(await streams.read(alice, first, 99))).toBe('')
	})

	test('is read while it grows, by several readers', async () => {
		await using folder = await openFolder()
		const { streams } = folder
		const stream = begin(streams)
		stream.append('data: a\n\n')
		const early = await streams.read(alice, first, 0)
		expect(await early?.next()).toBe('data: a\n\n')
		const [next, late] = [early?.next(), textOf(await streams.read(alice, first, 1))]
		stream.append('data: b\n\n')
		expect(await next).toBe('data: b\n\n')
		stream.end()
		expect(await early?.next()).toBeUndefined()
		expect(await late).toBe('data: b\n\n')
	})

	test('is read by another process while it grows', async () => {
		await using folder = await openFolder()
		const other = await folder.openStreams('two')
		const stream = begin(folder.streams)
		const chunks = await other.read(alice, first, 0)
		const next = chunks?.next()
		stream.append('data: a\n\n')
		await folder.clock.asleep(50)
		folder.clock.advance(50)
		expect(await next).toBe('data: a\n\n')
	})

	test('does not exist for another caller, or under a name that is not an id', async () => {
		await using folder = await openFolder()
		const { streams } = folder
		begin(streams)
		expect(await streams.read(bob, first, 0)).toBeUndefined()
		expect(await streams.cancel(bob, first)).toBe(false)
		expect(await streams.read(alice, second, 0)).toBeUndefined()
		expect(await streams.read(alice, `../${first}`, 0)).toBeUndefined()
		expect(await streams.cancel({ ...alice, tenant: tenantId('other') }, first)).toBe(false)
	})

	test('is not overwritten by another with the same id', async () => {
		await using folder = await openFolder()
		begin(folder.streams).end('data: a\n\n')
		expect(() => begin(folder.streams)).toThrow('EEXIST')
		expect(await textOf(await folder.streams.read(alice, first, 0))).toBe('data: a\n\n')
	})

	test('ignores what is written after its end', async () => {
		await using folder = await openFolder()
		const stream = begin(folder.streams)
		stream.end('data: end\n\n')
		stream.append('data: late\n\n')
		stream.end('data: later\n\n')
		expect(await textOf(await folder.streams.read(alice, first, 0))).toBe('data: end\n\n')
	})
})

describe('a limit', () => {
	test('on one stream refuses further events, but not its last one', async () => {
		await using folder = await openFolder({ maxBytes: 200 })
		const stream = begin(folder.streams)
		stream.append('data: a\n\n')
		expect(() => stream.append(`data: ${'x'.repeat(200)}\n\n`)).toThrow(ChatError)
		stream.end(`data: ${'e'.repeat(200)}\n\n`)
		expect(await textOf(await folder.streams.read(alice, first, 0))).toBe(`data: a\n\ndata: ${'e'.repeat(200)}\n\n`)
	})

	test('on all streams refuses new ones until old ones are removed', async () => {
		await using folder = await openFolder({ maxTotalBytes: 100 })
		begin(folder.streams).end('data: a\n\n')
		expect(() => begin(folder.streams, second)).toThrow('The storage for streams is full')
		await folder.streams.remove(alice, first)
		await folder.sweep(minuteMs)
		begin(folder.streams, second)
	})
})

describe('a full storage', () => {
	const carol = { tenant: tenantId('other'), owner: ownerId('carol') }
	const text = `data: ${'x'.repeat(500)}\n\n`
	const names = Array.from({ length: 30 }, (_, at) => at.toString(16).padStart(32, '0'))

	/** Streams of a caller until there is no space; with their number. */
	function fill(streams: FileStreams, scope = alice, ends = true): number {
		for (const [at, name] of names.entries())
			try {
				const stream = begin(streams, name, scope)
				stream.append(text)
				if (ends) stream.end()
			} catch {
				return at
			}
		return names.length
	}

	test('belongs to a caller that is alone', async () => {
		await using folder = await openFolder()
		expect(fill(folder.streams)).toBeGreaterThan(13)
	})

	test('has space for another tenant, in place of the oldest ended streams of the heaviest one', async () => {
		await using folder = await openFolder()
		const { streams } = folder
		const count = fill(streams)
		const stream = begin(streams, 'c'.repeat(32), carol)
		stream.append(text)
		stream.end()
		expect(await streams.read(alice, names[0] ?? '', 0)).toBeUndefined()
		expect(await streams.read(alice, names[count - 1] ?? '', 0)).toBeDefined()
		expect(await textOf(await streams.read(carol, 'c'.repeat(32), 0))).toBe(text)
	})

	test('has space for another owner of the same tenant', async () => {
		await using folder = await openFolder()
		fill(folder.streams)
		begin(folder.streams, 'b'.repeat(32), bob).append(text)
		expect(await folder.streams.read(alice, names[0] ?? '', 0)).toBeUndefined()
	})

	test('gives each tenant its share, and no more', async () => {
		await using folder = await openFolder()
		fill(folder.streams)
		const own = names.map((name) => name.replace(/^0/, 'c'))
		let opened = 0
		for (const name of own)
			try {
				const stream = begin(folder.streams, name, carol)
				stream.append(text)
				stream.end()
				opened++
			} catch {
				break
			}
		const left = await Promise.all(names.map(async (name) => (await folder.streams.read(alice, name, 0)) !== undefined))
		expect(opened).toBeGreaterThanOrEqual(7)
		expect(left.filter((isThere) => isThere).length).toBeGreaterThanOrEqual(7)
	})

	test('ends the newest running stream of the heaviest tenant if none has ended', async () => {
		await using folder = await openFolder()
		const { streams } = folder
		const running = names.slice(0, 16).map((name) => begin(streams, name, alice))
		for (const stream of running) stream.append(text)
		const stream = begin(streams, 'c'.repeat(32), carol)
		for (let event = 0; event < 2 && running.every(({ signal }) => !signal.aborted); event++)
			stream.append(text.slice(0, 400))
		expect(running.filter(({ signal }) => signal.aborted)).toEqual(running.slice(-1))
		expect(running.at(-1)?.signal.reason).toMatchObject({ kind: 'overloaded' })
	})

	test('is counted in streams that grow, too', async () => {
		await using folder = await openFolder()
		const streams = names.slice(0, 20).map((name) => begin(folder.streams, name))
		expect(() => {
			for (const stream of streams) stream.append(text)
		}).toThrow('The storage for streams is full')
	})

	test('knows the streams of earlier processes', async () => {
		await using folder = await openFolder()
		fill(folder.streams)
		const other = await folder.openStreams('two')
		expect(() => begin(other, 'a'.repeat(32)).append(text)).toThrow('The storage for streams is full')
		begin(other, 'c'.repeat(32), carol).append(text)
	})
})

describe('an ended stream', () => {
	test('is removed after its retention, one that runs in any process is not', async () => {
		await using folder = await openFolder()
		const other = await folder.openStreams('two', new ManualClock())
		begin(other, third)
		begin(folder.streams).end('data: a\n\n')
		begin(folder.streams, second).append('data: b\n\n')
		await folder.sweep(9 * minuteMs)
		expect(await folder.streams.read(alice, first, 0)).toBeDefined()
		await folder.sweep(2 * minuteMs)
		expect(await folder.streams.read(alice, first, 0)).toBeUndefined()
		for (const id of [second, third]) expect(await folder.streams.read(alice, id, 0)).toBeDefined()
	})
})

describe('a stream that cannot be examined', () => {
	test('does not stop the removal of others, now or later', async () => {
		await using folder = await openFolder()
		const unreadable = join(folder.folder, `${third}.stream`)
		await mkdir(unreadable)
		await utimes(unreadable, 0, 0)
		begin(folder.streams).end('data: a\n\n')
		await folder.sweep(11 * minuteMs)
		expect(await folder.streams.read(alice, first, 0)).toBeUndefined()
		begin(folder.streams, second).end('data: b\n\n')
		await utimes(join(folder.folder, `${second}.stream`), 0, 0)
		await folder.sweep(minuteMs)
		expect(await folder.streams.read(alice, second, 0)).toBeUndefined()
	})

	test('neither does a folder that cannot be read for a time', async () => {
		await using folder = await openFolder()
		const elsewhere = `${folder.folder}-elsewhere`
		begin(folder.streams).end('data: a\n\n')
		await rename(folder.folder, elsewhere)
		await folder.sweep(11 * minuteMs)
		await rename(elsewhere, folder.folder)
		await folder.sweep(minuteMs)
		expect(await folder.streams.read(alice, first, 0)).toBeUndefined()
	})
})

describe('a cancellation', () => {
	test('aborts a running stream once, for the reason that its caller gave', async () => {
		await using folder = await openFolder()
		const stream = begin(folder.streams)
		expect(await folder.streams.cancel(alice, first)).toBe(true)
		expect(stream.signal.reason).toMatchObject({ kind: 'cancelled', sent: 'yes' })
		stream.end()
		expect(await folder.streams.cancel(alice, first)).toBe(false)
	})

	test('reaches the process that writes the stream', async () => {
		await using folder = await openFolder()
		const other = await folder.openStreams('two')
		const stream = begin(folder.streams)
		expect(await other.cancel(alice, first)).toBe(true)
		expect(stream.signal.aborted).toBe(false)
		await folder.clock.asleep(200)
		folder.clock.advance(200)
		await folder.clock.asleep(200)
		expect(stream.signal.reason).toMatchObject({ kind: 'cancelled' })
	})

	test('is awaited until the stream has ended', async () => {
		await using folder = await openFolder()
		const stream = begin(folder.streams)
		let over = false
		const ended = folder.streams.ended(alice, first, 60_000).then(() => {
			over = true
		})
		stream.append('data: a\n\n')
		await quiet()
		expect(over).toBe(false)
		stream.end()
		await ended
		expect(over).toBe(true)
	})
})

describe('a process that crashed', () => {
	test('leaves streams that another process ends, without an incomplete event', async () => {
		await using folder = await openFolder()
		const stream = begin(folder.streams)
		stream.append('data: whole\n\n')
		stream.append('data: {"torn":"a rather long incomplete event')
		const other = await folder.openStreams('two')
		const running = begin(other, second)
		await other.interrupt('one')
		expect(await textOf(await other.read(alice, first, 0))).toContain('data: whole\n\ndata: interrupted\n\n')
		expect(await textOf(await other.read(alice, first, 0))).not.toContain('torn')
		expect(await other.cancel(alice, second)).toBe(true)
		running.end()
	})

	test('leaves events whose numbers continue, for readers before and after the end is in the file', async () => {
		await using folder = await openFolder({ isRunning: () => false })
		const other = await folder.openStreams('two')
		const numbered = (number: number) =>
			`event: delta\ndata: {"type":"text.delta","sequence_number":${number},"a":"\\n"}\n\n`
		const interruption = numbered(0) + numbered(1)
		folder.streams.open({ scope: alice, id: first, interruption }).append(numbered(0) + numbered(1))
		const whole = [0, 1, 2, 3].map(numbered).join('')
		expect(await textOf(await other.read(alice, first, 0))).toBe(whole)
		await other.interrupt('one')
		expect(await textOf(await other.read(alice, first, 0))).toBe(whole)
		expect(await textOf(await other.read(alice, first, 3))).toBe(numbered(3))
	})

	test('leaves ended streams as they are', async () => {
		await using folder = await openFolder()
		begin(folder.streams).end('data: end\n\n')
		const other = await folder.openStreams('two')
		await other.interrupt('one')
		expect(await textOf(await other.read(alice, first, 0))).toBe('data: end\n\n')
	})
})

describe('removal', () => {
	test('deletes the streams of one caller, and aborts those that run', async () => {
		await using folder = await openFolder()
		const stream = begin(folder.streams)
		begin(folder.streams, second, bob).end('data: b\n\n')
		await folder.streams.remove(alice)
		expect(stream.signal.reason).toMatchObject({ kind: 'cancelled' })
		expect(existsSync(join(folder.folder, `${first}.stream`))).toBe(false)
		expect(await textOf(await folder.streams.read(bob, second, 0))).toBe('data: b\n\n')
	})

	test('deletes one stream only, and only of its caller', async () => {
		await using folder = await openFolder()
		begin(folder.streams).end()
		begin(folder.streams, second).end()
		await folder.streams.remove(bob, first)
		await folder.streams.remove(alice, second)
		expect(await folder.streams.read(alice, first, 0)).toBeDefined()
		expect(await folder.streams.read(alice, second, 0)).toBeUndefined()
	})
})

test('closing aborts every running stream with the reason', async () => {
	await using folder = await openFolder()
	const stream = begin(folder.streams)
	const reason = new ChatError('unavailable', 'The server is closing.')
	folder.streams.close(reason)
	expect(stream.signal.reason).toBe(reason)
})

test('a missing folder fails the opening of a stream', async () => {
	await using folder = await openFolder()
	await rm(folder.folder, { recursive: true })
	const opening = async () => begin(folder.streams)
	expect(await rejection(opening())).toMatchObject({ kind: 'unavailable', cause: { code: 'ENOENT' } })
})
