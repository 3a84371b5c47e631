import { afterEach, expect, test } from 'bun:test'
import { closeSync, openSync, writeSync } from 'node:fs'
import { mkdtemp, rm, stat, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Journal, readLines } from './journal.ts'
import { JournalSpace } from './journal-space.ts'

const folders: string[] = []
afterEach(async () => {
	for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

async function newFile(): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'dragoman-space-'))
	folders.push(folder)
	return join(folder, 'some.journal')
}

test('lines of any length are whole, however their space is prepared, and follow each other', async () => {
	const file = await newFile()
	const journal = new Journal(file, () => performance.now())
	const lines = Array.from({ length: 40 }, (_, at) => `${at} ${'x'.repeat((at * 104_729) % 300_000)}`)
	// One line is longer than the space that is prepared together.
	lines.splice(20, 0, 'y'.repeat(3_000_000))
	const written: Promise<void>[] = []
	for (const [at, line] of lines.entries()) {
		written.push(journal.append(line))
		if (at % 3 === 0) await written.at(-1)
	}
	await Promise.all(written)
	await journal.close()
	expect(readLines(await Bun.file(file).text())).toEqual(lines)
})

test('a line that fits into the space does not change the size of the file', async () => {
	const file = await newFile()
	const journal = new Journal(file, () => performance.now())
	await journal.append('first')
	await journal.append('second')
	const { size } = await stat(file)
	for (let at = 0; at < 50; at++) await journal.append(`line ${at}`)
	expect(size).toBeGreaterThan(journal.size)
	expect((await stat(file)).size).toBe(size)
	await journal.close()
})

test('space that cannot be prepared is tried again only after as many bytes', async () => {
	const file = await newFile()
	await Bun.write(file, 'bytes')
	const descriptor = openSync(file, 'r')
	const space = new JournalSpace(file, descriptor, 100)
	expect(space.before(10)).toBeUndefined()
	await space.before(20)
	for (let position = 30; position <= 110; position += 10) expect(space.before(position)).toBeUndefined()
	const second = space.before(120)
	expect(second).toBeInstanceOf(Promise)
	await second
	await space.close()
	closeSync(descriptor)
	expect(await Bun.file(file).text()).toBe('bytes')
})

test('no space is taken from a disk that has little', async () => {
	const file = await newFile()
	await Bun.write(file, '')
	const descriptor = openSync(file, 'r+')
	const { bavail, bsize } = await statfs(file)
	const space = new JournalSpace(file, descriptor, Math.ceil((bavail * bsize) / 32))
	await space.before(10)
	await space.close()
	closeSync(descriptor)
	expect((await stat(file)).size).toBe(0)
})

test('zeros never overwrite bytes that were written before or meanwhile', async () => {
	const file = await newFile()
	await Bun.write(file, '')
	const descriptor = openSync(file, 'r+')
	const space = new JournalSpace(file, descriptor, 100)
	let written = 0
	// The third one is longer than the space.
	for (const position of [70, 80, 400, 410, 600]) {
		await space.before(position)
		writeSync(descriptor, 'a'.repeat(position - written), written)
		written = position
	}
	await space.close()
	closeSync(descriptor)
	expect((await Bun.file(file).text()).slice(0, written)).toBe('a'.repeat(written))
})
