// The ledger with its journal and a store: what the database receives, also after an outage or after a process exited
// with open tickets.

import { describe, expect, test } from 'bun:test'
import { appendFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ChatError } from '../../src/chat/error.ts'
import { readLines } from '../../src/ledger/journal.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { MemoryLedgerStore } from '../../src/stores/memory-ledger-store.testing.ts'
import { type LogLine, recordingLog } from '../../src/system/log.testing.ts'
import {
	allEntries,
	FakeClock,
	freshFolder,
	open,
	openedCall,
	settlement,
	startMs,
	UnreachableStore,
} from './ledger.testing.ts'

async function run(ledger: Ledger, ...ids: readonly string[]): Promise<void> {
	await Promise.all(
		ids.map(async (id) => {
			const ticket = ledger.open(openedCall(id))
			await ticket.opened
			await ticket.settle(settlement(5))
		}),
	)
}

test('a settled ticket is one entry, however often it is settled, and its journal is removed', async () => {
	const [folder, store] = [await freshFolder(), new MemoryLedgerStore()]
	const ledger = await open({ folder, store })
	const ticket = ledger.open(openedCall('1'))
	await ticket.opened
	await Promise.all([ticket.settle(settlement(7)), ticket.settle(settlement(8))])
	await ledger.close()
	const entries = await store.entries(allEntries)
	expect(entries).toMatchObject([
		{ id: '1', outcome: 'completed', upstream: 'a', completionTokens: 7, costMicros: 7, settledAtMs: startMs + 1 },
	])
	expect(await readdir(folder)).toEqual([])
})

test('a delivery does not wait for calls that end meanwhile: they share the next transaction', async () => {
	const [store, clock] = [new MemoryLedgerStore(), new FakeClock()]
	const ledger = await open({ folder: await freshFolder(), store, clock })
	await clock.waitForSleepers(2)
	const inserted: number[] = []
	const insert = store.insert.bind(store)
	store.insert = async (entries) => {
		inserted.push(entries.length)
		if (inserted.length < 10) await run(ledger, `a${inserted.length}`, `b${inserted.length}`)
		await insert(entries)
	}
	await run(ledger, '1')
	await ledger.deliver()
	expect([inserted, ledger.pending]).toEqual([[1], 2])
	await ledger.deliver()
	expect([inserted, ledger.pending]).toEqual([[1, 2], 2])
	await ledger.close()
	expect(await store.entries(allEntries)).toHaveLength(inserted.reduce((sum, count) => sum + count, 0))
})

test('a delivery that is requested while one runs includes what is pending then', async () => {
	const store = new MemoryLedgerStore()
	const ledger = await open({ folder: await freshFolder(), store, clock: new FakeClock() })
	const insert = store.insert.bind(store)
	let again: Promise<void> | undefined
	store.insert = async (entries) => {
		if (again === undefined) {
			await run(ledger, '2')
			again = ledger.deliver()
		}
		await insert(entries)
	}
	await run(ledger, '1')
	await ledger.deliver()
	await again
	expect([ledger.pending, (await store.entries(allEntries)).length]).toEqual([0, 2])
	await ledger.deliver()
	await ledger.close()
})

describe('an unavailable database', () => {
	test('receives everything once when it returns', async () => {
		const [store, clock] = [new UnreachableStore(), new FakeClock()]
		const ledger = await open({ folder: await freshFolder(), store, clock })
		await clock.waitForSleepers(2)
		store.away = true
		await run(ledger, '1', '2', '3')
		const delivered = ledger.deliver()
		await clock.waitForSleepers(3)
		expect([store.refused, ledger.pending]).toEqual([1, 3])
		await run(ledger, '4')
		store.away = false
		clock.advance(30_000)
		await delivered
		await ledger.deliver()
		expect((await store.entries(allEntries)).map(({ id }) => id).sort()).toEqual(['1', '2', '3', '4'])
		expect(await store.usage({ ...allEntries, groupBy: [] })).toMatchObject([{ requests: 4, completionTokens: 20 }])
		expect(ledger.pending).toBe(0)
		await ledger.close()
	})

	test('rejects calls once too many records are pending, and accepts them again', async () => {
		const [store, clock] = [new UnreachableStore(), new FakeClock()]
		const ledger = await open({ folder: await freshFolder(), store, clock, maxPending: 2 })
		await clock.waitForSleepers(2)
		store.away = true
		await run(ledger, '1', '2')
		const delivered = ledger.deliver()
		await clock.waitForSleepers(3)
		expect(() => ledger.open(openedCall('3'))).toThrow(ChatError)
		expect(await ledger.check()).toEqual({ reason: 'too many usage records are waiting for the database' })
		store.away = false
		clock.advance(30_000)
		await delivered
		expect(await ledger.check()).toBeUndefined()
		await run(ledger, '3')
		await ledger.close()
		expect(await store.entries(allEntries)).toHaveLength(3)
	})

	test('receives the rest from the next process after a shutdown', async () => {
		const [store, clock, folder] = [new UnreachableStore(), new FakeClock(), await freshFolder()]
		const ledger = await open({ folder, store, clock })
		store.away = true
		await clock.waitForSleepers(2)
		await run(ledger, '1', '2')
		const closed = ledger.close()
		await clock.waitForSleepers(4)
		clock.advance(2000)
		await closed
		expect(await store.entries(allEntries)).toEqual([])
		store.away = false
		const next = await open({ folder, store })
		expect(await store.entries(allEntries)).toMatchObject([
			{ id: '2', outcome: 'completed', completionTokens: 5 },
			{ id: '1', outcome: 'completed', completionTokens: 5 },
		])
		await next.close()
		expect(await readdir(folder)).toEqual([])
	})
})

describe('a folder that is removed', () => {
	test('is recreated with the open tickets, under a lock that recovery respects', async () => {
		const [folder, store] = [await freshFolder(), new MemoryLedgerStore()]
		const ledger = await open({ folder, store })
		const ticket = ledger.open(openedCall('open'))
		await ticket.opened
		await run(ledger, 'before')
		await rm(folder, { recursive: true })
		expect(await ledger.check()).toBeUndefined()
		const other = await open({ folder, store })
		expect((await store.entries(allEntries)).map(({ id }) => id)).not.toContain('open')
		await run(ledger, 'after')
		await ticket.settle(settlement(3))
		await Promise.all([ledger.close(), other.close()])
		const entries = await store.entries(allEntries)
		expect(entries.map(({ id, outcome }) => `${id} ${outcome}`).sort()).toEqual([
			'after completed',
			'before completed',
			'open completed',
		])
		expect(await readdir(folder)).toEqual([])
	})
	test('that cannot be recreated is a fault until it can', async () => {
		const folder = await freshFolder()
		const ledger = await open({ folder, store: new MemoryLedgerStore() })
		await rm(folder, { recursive: true })
		await writeFile(folder, '')
		expect(await ledger.check()).toMatchObject({ reason: 'usage records cannot be written' })
		await rm(folder)
		expect(await ledger.check()).toBeUndefined()
		await run(ledger, '1')
		await ledger.close()
	})
})

describe('tickets that were left open', () => {
	/** A process that ended with an open ticket of 41 tokens, one of none, and a settled one. */
	async function leftOpen(store = new MemoryLedgerStore()) {
		const [clock, folder] = [new FakeClock(), await freshFolder()]
		const ledger = await open({ folder, store, clock })
		await clock.waitForSleepers(2)
		const [long, short] = [ledger.open(openedCall('long')), ledger.open(openedCall('short'))]
		await Promise.all([long.opened, short.opened])
		long.progress({ completionTokens: 12, upstream: 'a' })
		long.progress({ completionTokens: 41, upstream: 'b' })
		clock.advance(100)
		await run(ledger, 'settled')
		await ledger.close()
		return { store, folder, process: ledger.process }
	}

	test('are settled once with their last known usage, by the next process', async () => {
		const { store, folder, process } = await leftOpen()
		const dead: string[] = []
		const recovered = async (name: string) => void dead.push(name)
		const next = await open({ folder, store, recovered })
		const entries = new Map((await store.entries(allEntries)).map((entry) => [entry.id, entry]))
		expect([...entries.keys()].sort()).toEqual(['long', 'settled', 'short'])
		expect(entries.get('long')).toMatchObject({ outcome: 'interrupted', completionTokens: 41, upstream: 'b' })
		expect(entries.get('long')).toMatchObject({ source: 'counted', costMicros: 41, settledAtMs: startMs + 100 })
		expect(entries.get('short')).toMatchObject({ outcome: 'interrupted', completionTokens: 0, source: 'none' })
		expect(dead).toEqual([process])
		await next.recover()
		expect(dead).toEqual([process])
		await next.close()
		expect(await store.usage({ ...allEntries, groupBy: [] })).toMatchObject([{ requests: 3 }])
		expect(await readdir(folder)).toEqual([])
	})

	test('remain for the next recovery if another step fails for the same process', async () => {
		const { store, folder, process } = await leftOpen()
		const failing = await open({ folder, store, recovered: () => Promise.reject(new Error('no')) })
		await failing.close()
		const dead: string[] = []
		const next = await open({ folder, store, recovered: async (name) => void dead.push(name) })
		await next.close()
		expect(dead).toEqual([process])
		expect(await store.usage({ ...allEntries, groupBy: [] })).toMatchObject([{ requests: 3 }])
		expect(await readdir(folder)).toEqual([])
	})

	test('are settled although the journal has lines that cannot be read, and its files remain', async () => {
		const { store, folder, process } = await leftOpen()
		const [file = ''] = (await readdir(folder)).filter((name) => name.endsWith('.journal'))
		const line = '{"open":1}'
		const checksum = Bun.hash.crc32(line).toString(16).padStart(8, '0')
		await appendFile(join(folder, file), `${checksum} ${line}\n`)
		const lines: LogLine[] = []
		const next = await open({ folder, store, log: recordingLog(lines) })
		await next.close()
		expect(await store.usage({ ...allEntries, groupBy: [] })).toMatchObject([{ requests: 3 }])
		expect(lines.find(({ level }) => level >= 50)).toMatchObject({ journal: process, lines: 1, first: line })
		expect(await readdir(folder)).toEqual([`${file}.unreadable`])
	})

	test('are settled once by concurrent processes', async () => {
		const { store, folder } = await leftOpen()
		const next = await Promise.all(Array.from({ length: 4 }, () => open({ folder, store })))
		await Promise.all(next.map((ledger) => ledger.recover()))
		await Promise.all(next.map((ledger) => ledger.close()))
		expect(await store.usage({ ...allEntries, groupBy: [] })).toMatchObject([{ requests: 3, completionTokens: 46 }])
		expect(await readdir(folder)).toEqual([])
	})

	test('are not recovered while their process is running', async () => {
		const [store, folder] = [new MemoryLedgerStore(), await freshFolder()]
		const running = await open({ folder, store })
		const ticket = running.open(openedCall('1'))
		await ticket.opened
		const sibling = await open({ folder, store })
		await sibling.recover()
		expect(await store.entries(allEntries)).toEqual([])
		await ticket.settle(settlement(5))
		await Promise.all([running.close(), sibling.close()])
		expect(await store.entries(allEntries)).toMatchObject([{ id: '1', outcome: 'completed' }])
	})
})

describe('a reservation', () => {
	const reserved = { ...openedCall('1'), reservedTokens: 4 }

	/** The lines of all journal files on disk, without their checksums. */
	async function linesOf(folder: string): Promise<readonly string[]> {
		const files = (await readdir(folder)).filter((file) => file.endsWith('.journal')).sort()
		const texts = await Promise.all(files.map((file) => Bun.file(join(folder, file)).text()))
		return readLines(texts.join(''))
	}

	const extension = `{"extend":"1","reservedTokens":8,"atMs":${startMs}}`

	test('is extended once the line is on disk', async () => {
		const folder = await freshFolder()
		const ledger = await open({ folder, store: new MemoryLedgerStore() })
		const ticket = ledger.open(reserved)
		await ticket.opened
		expect(await linesOf(folder)).toEqual([JSON.stringify({ open: reserved })])
		await ticket.extend(8)
		expect(await linesOf(folder)).toEqual([JSON.stringify({ open: reserved }), extension])
		await ledger.close()
	})

	test.each<['strict' | 'relaxed', boolean]>([
		['relaxed', false],
		['strict', true],
	])('is extended immediately if %s and unary is %p', async (durability, unary) => {
		const folder = await freshFolder()
		const ledger = await open({ folder, store: new MemoryLedgerStore(), durability })
		const ticket = ledger.open(reserved, unary)
		const order: string[] = []
		const turn = new Promise((resolve) => setImmediate(resolve)).then(() => order.push('turn of the event loop'))
		await Promise.all([turn, ticket.extend(8).then(() => order.push('extended'))])
		expect(order).toEqual(['extended', 'turn of the event loop'])
		await ledger.close()
		expect(await linesOf(folder)).toEqual([JSON.stringify({ open: reserved }), extension])
	})

	test('that cannot be written is not extended', async () => {
		const ledger = await open({ folder: await freshFolder(), store: new MemoryLedgerStore() })
		const ticket = ledger.open(reserved)
		await ticket.opened
		await ledger.close()
		expect(await ticket.extend(8).catch((thrown: unknown) => thrown)).toMatchObject({ kind: 'unavailable' })
	})

	test('is not extended after the ticket is settled', async () => {
		const [folder, store] = [await freshFolder(), new UnreachableStore()]
		const ledger = await open({ folder, store })
		const ticket = ledger.open(reserved)
		await ticket.settle(settlement(3))
		await ticket.extend(8)
		await run(ledger, '2')
		expect(await linesOf(folder)).not.toContain(extension)
		await ledger.close()
	})

	test('continues with its extension in a new file', async () => {
		const [store, folder, clock] = [new MemoryLedgerStore(), await freshFolder(), new FakeClock()]
		const ledger = await open({ folder, store, clock, fileSize: 2000 })
		await clock.waitForSleepers(2)
		const ticket = ledger.open(reserved)
		await ticket.extend(8)
		ticket.progress({ completionTokens: 20, upstream: 'a' })
		clock.advance(100)
		for (let round = 0; round < 20; round++) await run(ledger, `a${round}`)
		await ledger.deliver()
		expect(await linesOf(folder)).not.toContain(extension)
		await ledger.close()
		await (await open({ folder, store })).close()
		const interrupted = (await store.entries(allEntries)).filter(({ outcome }) => outcome === 'interrupted')
		expect(interrupted).toMatchObject([{ id: '1', completionTokens: 8 }])
	})
})

test('a journal that grew continues in a new file, and old files are removed once they are delivered', async () => {
	const [store, folder] = [new MemoryLedgerStore(), await freshFolder()]
	const ledger = await open({ folder, store, fileSize: 2000 })
	const long = ledger.open(openedCall('long'))
	await long.opened
	for (let round = 0; round < 20; round++) await run(ledger, `a${round}`, `b${round}`)
	await ledger.deliver()
	expect((await readdir(folder)).filter((file) => file.endsWith('.journal'))).toHaveLength(1)
	expect(await store.entries(allEntries)).toHaveLength(40)
	await ledger.close()
	const next = await open({ folder, store })
	await next.close()
	const interrupted = (await store.entries(allEntries)).filter(({ outcome }) => outcome === 'interrupted')
	expect(interrupted.map(({ id }) => id)).toEqual(['long'])
	expect(await store.usage({ ...allEntries, groupBy: [] })).toMatchObject([{ requests: 41 }])
})

test('with relaxed durability no call waits, and nothing is lost', async () => {
	const [store, folder] = [new MemoryLedgerStore(), await freshFolder()]
	const ledger = await open({ folder, store, durability: 'relaxed' })
	const order: string[] = []
	const ticket = ledger.open(openedCall('1'))
	const waited = Promise.all([ticket.opened, ticket.settle(settlement(5))]).then(() => order.push('relaxed'))
	const turn = new Promise((resolve) => setImmediate(resolve)).then(() => order.push('turn of the event loop'))
	await Promise.all([waited, turn])
	expect(order).toEqual(['relaxed', 'turn of the event loop'])
	await ledger.close()
	expect(await store.entries(allEntries)).toHaveLength(1)
})
