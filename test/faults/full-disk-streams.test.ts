// Stored streams on a full disk: every reader, in any process and after a restart, receives whole events and an end, and
// the file is completed once there is space. Skipped if no tmpfs can be mounted.

import { afterAll, beforeEach, describe, expect, test } from 'bun:test'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ChunkSource } from '../../src/http/event-stream.ts'
import { ownerId, tenantId } from '../../src/keys/scope.ts'
import { isPending, quiet } from '../../src/pipeline/pipeline.testing.ts'
import { FileStreams } from '../../src/streams/file-streams.ts'
import type { StoredStream } from '../../src/streams/stored-streams.ts'
import { ManualClock } from '../../src/system/manual-clock.testing.ts'
import { rejection } from '../../src/system/rejection.testing.ts'
import { mountSmallDisk } from '../small-disk.testing.ts'

const disk = await mountSmallDisk('1m')
afterAll(() => disk?.unmount())
const scope = { tenant: tenantId('default'), owner: ownerId('alice') }
const id = '0'.repeat(32)
const interruption = 'data: interrupted\n\n'
let folders = 0
let folder = ''
beforeEach(async () => {
	await disk?.free()
	folder = join(disk?.folder ?? '', String(++folders))
	if (disk !== undefined) await mkdir(folder)
})

async function open(process: string, isRunning: boolean, clock = new ManualClock()) {
	const limits = { retentionMs: 600_000, maxBytes: 1_000_000, maxTotalBytes: 10_000_000 }
	return {
		clock,
		streams: await FileStreams.open({ folder, process: () => process, isRunning: () => isRunning, ...limits, clock }),
	}
}

/** Appends events until the disk is full. @returns the events that were accepted. */
function appendUntilFull(stream: StoredStream): string {
	disk?.fill()
	let accepted = ''
	for (let count = 0; ; count++) {
		const event = `data: ${count} ${'x'.repeat(97)}\n\n`
		try {
			stream.append(event)
		} catch (thrown) {
			expect(thrown).toMatchObject({ kind: 'unavailable', local: true, cause: { code: 'ENOSPC' } })
			return accepted
		}
		accepted += event
	}
}

async function textOf(chunks: ChunkSource | undefined): Promise<string> {
	let text = ''
	for (let chunk = await chunks?.next(); chunk !== undefined; chunk = await chunks?.next()) text += chunk
	return text
}

const fileText = () => readFile(join(folder, `${id}.stream`), 'utf8')
const last = 'data: the last event\n\n'

describe.skipIf(disk === undefined)('a full disk', () => {
	test('contains whole events only', async () => {
		const { streams } = await open('one', true)
		const accepted = appendUntilFull(streams.open({ scope, id, interruption }))
		expect(accepted).not.toBe('')
		expect((await fileText()).endsWith(`\n${accepted}`)).toBe(true)
		streams.close(new Error('the test is over'))
	})

	test('delays the end in the file, but not for the readers of this process', async () => {
		const { streams, clock } = await open('one', true)
		const stream = streams.open({ scope, id, interruption })
		const early = textOf(await streams.read(scope, id, 0))
		const accepted = appendUntilFull(stream)
		stream.end(last)
		expect(await early).toBe(accepted + last)
		expect(await textOf(await streams.read(scope, id, 0))).toBe(accepted + last)
		const events = accepted.split('\n\n').length - 1
		expect(await textOf(await streams.read(scope, id, events))).toBe(last)
		expect(await textOf(await streams.read(scope, id, events + 1))).toBe('')
		expect(await streams.cancel(scope, id)).toBe(false)
		expect(await fileText()).not.toContain(last)
		await disk?.free()
		await clock.asleep(200)
		clock.advance(200)
		await quiet()
		expect((await fileText()).endsWith(`${accepted}${last}\0`)).toBe(true)
		expect(await textOf(await streams.read(scope, id, 0))).toBe(accepted + last)
		streams.close(new Error('the test is over'))
	})

	test('delays the end for the readers of other processes', async () => {
		const [one, two] = [await open('one', true), await open('two', true)]
		const stream = one.streams.open({ scope, id, interruption })
		const text = textOf(await two.streams.read(scope, id, 0))
		const accepted = appendUntilFull(stream)
		two.clock.advance(50)
		stream.end(last)
		two.clock.advance(50)
		expect(await isPending(text)).toBe(true)
		await disk?.free()
		one.clock.advance(200)
		await quiet()
		while (await isPending(text)) two.clock.advance(50)
		expect(await text).toBe(accepted + last)
		for (const { streams } of [one, two]) streams.close(new Error('the test is over'))
	})

	test('ends a stream after a restart, in the file once there is space', async () => {
		const one = await open('one', true)
		const stream = one.streams.open({ scope, id, interruption })
		const accepted = appendUntilFull(stream)
		stream.end(last)
		one.streams.close(new Error('the process ends'))
		const two = await open('two', false)
		expect(await textOf(await two.streams.read(scope, id, 0))).toBe(accepted + interruption)
		expect((await fileText()).endsWith(accepted)).toBe(true)
		await disk?.free()
		await two.clock.asleep(60_000)
		two.clock.advance(60_000)
		await quiet()
		while (!(await fileText()).endsWith('\0')) await quiet()
		expect((await fileText()).trimEnd().endsWith('\0')).toBe(true)
		expect(await textOf(await two.streams.read(scope, id, 0))).toBe(accepted + interruption)
		two.streams.close(new Error('the test is over'))
	})

	test('refuses a new stream, and leaves no file', async () => {
		const { streams } = await open('one', true)
		disk?.fill()
		const opening = async () => streams.open({ scope, id, interruption })
		expect(await rejection(opening())).toMatchObject({ kind: 'unavailable' })
		expect(await readdir(folder)).toEqual([])
		await disk?.free()
		streams.open({ scope, id, interruption }).end(last)
		expect(await textOf(await streams.read(scope, id, 0))).toBe(last)
		streams.close(new Error('the test is over'))
	})
})
