import { describe, expect, test } from 'bun:test'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Journal } from './journal.ts'
import { extendLine, openLine, progressLine, readJournal, settleLine } from './journal-line.ts'
import type { OpenedCall } from './ledger.ts'
import type { LedgerEntry } from './ledger-entry.ts'

const price = { input: 1, output: 2, currency: 'EUR' }

function openedCall(id: string): OpenedCall {
	return {
		id,
		tenant: 'clinique',
		owner: 'Zoë 🙂',
		key: 'key_1',
		model: 'small',
		operation: 'chat',
		dialect: 'openai',
		price,
		openedAtMs: 1000,
	}
}

const usage = {
	promptTokens: 10,
	cachedTokens: 4,
	completionTokens: 20,
	reasoningTokens: 5,
	source: 'upstream',
} as const

/**
 * A journal with every kind of line: `1` is settled, `2` fails without usage, `3` and `4` remain open, and `5` with a
 * reservation.
 */
const lines = [
	openLine(openedCall('1')),
	openLine(openedCall('2')),
	progressLine([['1', 3, 'a']], 1100),
	openLine(openedCall('3')),
	progressLine(
		[
			['1', 9, 'a'],
			['3', 6, 'b'],
		],
		1200,
	),
	settleLine('1', { outcome: 'completed', upstream: 'a', usage, settledAtMs: 1300 }),
	settleLine('2', { outcome: 'failed', upstream: '', usage: undefined, settledAtMs: 1400 }),
	openLine(openedCall('4')),
	progressLine([['3', 8, 'b']], 1500),
	openLine({ ...openedCall('5'), reservedTokens: 4 }),
	progressLine([['5', 4, 'a']], 1600),
	extendLine('5', 8, 1700),
	progressLine([['5', 7, 'a']], 1800),
	extendLine('5', undefined, 1900),
]

/** Every line must be readable. */
function read(contents: readonly string[]): readonly LedgerEntry[] {
	return readJournal(contents, (text) => {
		throw new Error(`cannot be read: ${text}`)
	})
}

async function write(texts: readonly string[]): Promise<Uint8Array> {
	const file = join(await mkdtemp(join(tmpdir(), 'dragoman-journal-')), 'some.journal')
	const journal = new Journal(file, Date.now)
	await Promise.all(texts.map((text) => journal.append(text)))
	await journal.close()
	return withoutZeros(await Bun.file(file).bytes())
}

/** A journal ends in zeros, the space for its next lines. */
function withoutZeros(bytes: Uint8Array): Uint8Array {
	const end = bytes.indexOf(0)
	return end === -1 ? bytes : bytes.subarray(0, end)
}

test('waiting for the lines of a journal adds none', async () => {
	const file = join(await mkdtemp(join(tmpdir(), 'dragoman-journal-')), 'some.journal')
	const journal = new Journal(file, Date.now)
	const noted = journal.note('a line')
	await journal.written()
	await noted
	const content = new TextDecoder().decode(withoutZeros(await Bun.file(file).bytes()))
	expect(content.split('\n')).toEqual([expect.stringMatching(/^[0-9a-f]{8} a line$/), ''])
	expect(content.length).toBe(journal.size)
	await journal.close()
})

test('every ticket yields one entry, open tickets with their last progress', async () => {
	const entries = read([new TextDecoder().decode(await write(lines))])
	expect(entries.map(({ id, outcome }) => [id, outcome])).toEqual([
		['1', 'completed'],
		['2', 'failed'],
		['3', 'interrupted'],
		['4', 'interrupted'],
		['5', 'interrupted'],
	])
	const [settled, failed, moved, untouched] = entries
	expect(settled).toEqual({
		...{ id: '1', tenant: 'clinique', owner: 'Zoë 🙂', key: 'key_1', model: 'small', upstream: 'a' },
		...{ operation: 'chat', dialect: 'openai', outcome: 'completed', openedAtMs: 1000, settledAtMs: 1300 },
		...{ promptTokens: 10, cachedTokens: 4, completionTokens: 20, reasoningTokens: 5, source: 'upstream' },
		...{ costMicros: 50, currency: 'EUR' },
	})
	expect(failed).toMatchObject({ upstream: '', completionTokens: 0, source: 'none', costMicros: 0 })
	expect(moved).toMatchObject({
		upstream: 'b',
		completionTokens: 8,
		promptTokens: 0,
		source: 'counted',
		settledAtMs: 1500,
		costMicros: 16,
	})
	expect(untouched).toMatchObject({ completionTokens: 0, source: 'none', settledAtMs: 1000 })
})

/** The tokens that the only ticket of these lines is billed for. */
async function billed(texts: readonly string[]): Promise<number> {
	const entries = read([new TextDecoder().decode(await write(texts))])
	expect(entries.map(({ id, outcome }) => [id, outcome])).toEqual([['1', 'interrupted']])
	return entries.reduce((sum, { completionTokens }) => sum + completionTokens, 0)
}

describe('an interrupted call', () => {
	const [reserved, mark] = [openLine({ ...openedCall('1'), reservedTokens: 4 }), progressLine([['1', 9, 'a']], 1100)]

	test.each<[string, readonly string[], number]>([
		['without a reservation is billed for its last progress', [openLine(openedCall('1')), mark], 9],
		['is billed for no more than its reservation', [reserved, mark], 4],
		['is billed for no more than its extended reservation', [reserved, extendLine('1', 8, 1050), mark], 8],
		['is billed for its progress if it reserved more', [reserved, extendLine('1', 12, 1050), mark], 9],
		[
			'is billed for its progress if no limit counts its tokens any more',
			[reserved, extendLine('1', undefined, 1), mark],
			9,
		],
		['reserved what was extended after its progress', [reserved, mark, extendLine('1', 8, 1200)], 8],
		[
			'has the reservation of its last opening line',
			[reserved, openLine({ ...openedCall('1'), reservedTokens: 6 }), mark],
			6,
		],
		['is billed for nothing if it reserved nothing', [openLine({ ...openedCall('1'), reservedTokens: 0 }), mark], 0],
		['is billed for nothing without progress', [reserved, extendLine('1', 8, 1050)], 0],
		['is unaffected by the extension of another call', [reserved, extendLine('2', 8, 1050), mark], 4],
	])('%s', async (_, texts, tokens) => {
		expect(await billed(texts)).toBe(tokens)
	})

	test('is billed for its prompt once an upstream received it, whatever it reserved', async () => {
		const open = openLine({ ...openedCall('1'), promptTokens: 7, reservedTokens: 4 })
		const decoder = new TextDecoder()
		expect(read([decoder.decode(await write([open]))])).toMatchObject([{ promptTokens: 0, source: 'none' }])
		const sent = progressLine([['1', 0, 'a']], 1050)
		expect(read([decoder.decode(await write([open, sent]))])).toMatchObject([
			{ promptTokens: 7, completionTokens: 0, source: 'counted', upstream: 'a', costMicros: 7 },
		])
		expect(read([decoder.decode(await write([open, sent, mark]))])).toMatchObject([
			{ promptTokens: 7, completionTokens: 4, costMicros: 15 },
		])
	})

	test('is billed at the price of the tokens that it reserved', async () => {
		expect(read([new TextDecoder().decode(await write([reserved, mark]))])).toMatchObject([{ costMicros: 8 }])
	})
})

test('a settled call is billed for its usage, whatever it reserved', async () => {
	const settled = settleLine('1', { outcome: 'completed', upstream: 'a', usage, settledAtMs: 1300 })
	const content = await write([openLine({ ...openedCall('1'), reservedTokens: 4 }), settled, extendLine('1', 8, 1400)])
	expect(read([new TextDecoder().decode(content)])).toMatchObject([
		{ outcome: 'completed', completionTokens: 20, settledAtMs: 1300 },
	])
})

test('without a reservation the opening line has no field for it', () => {
	expect(openLine({ ...openedCall('1'), reservedTokens: undefined })).toBe(
		'{"open":{"id":"1","tenant":"clinique","owner":"Zoë 🙂","key":"key_1","model":"small","operation":"chat","dialect":"openai",' +
			'"price":{"input":1,"output":2,"currency":"EUR"},"openedAtMs":1000}}',
	)
})

test('a journal cut at any byte is read as its complete lines', async () => {
	const bytes = await write(lines)
	const ends = [...bytes.entries()].filter(([, byte]) => byte === 10).map(([at]) => at)
	expect(ends).toHaveLength(lines.length)
	const wholes = await Promise.all(Array.from({ length: lines.length + 1 }, (_, count) => write(lines.slice(0, count))))
	const wanted = wholes.map((whole) => read([new TextDecoder().decode(whole)]))
	for (let cut = 0; cut <= bytes.length; cut++) {
		const found = read([new TextDecoder().decode(bytes.subarray(0, cut))])
		const whole = ends.filter((end) => end <= cut).length
		if (!Bun.deepEquals(found, wanted[whole])) throw new Error(`cut at byte ${cut}: ${JSON.stringify(found)}`)
	}
})

test('a torn line, such as a full disk leaves, affects no other line', async () => {
	const whole = new TextDecoder().decode(await write(lines)).split('\n')
	const torn = whole.map((line, index) => (index === 2 ? line.slice(0, 30) : line)).join('\n')
	const without = new TextDecoder().decode(await write(lines.filter((_, index) => index !== 2)))
	expect(read([torn])).toEqual(read([without]))
})

test('a ticket continues in another file', async () => {
	const [first, second] = [await write(lines.slice(0, 5)), await write([openLine(openedCall('3')), ...lines.slice(5)])]
	const decoder = new TextDecoder()
	const apart = read([decoder.decode(first), decoder.decode(second)])
	expect(apart).toEqual(read([decoder.decode(await write(lines))]))
})

test('a journal that version 0.1 wrote is read', () => {
	const text = `b2589e88 {"open":{"id":"1","tenant":"default","owner":"alice","key":"key_1","model":"m","operation":"chat","dialect":"openai","price":{"input":1,"output":2,"currency":"EUR"},"openedAtMs":1000}}
4281693f {"open":{"id":"2","tenant":"default","owner":"alice","key":"key_1","model":"m","operation":"chat","dialect":"openai","openedAtMs":1001,"reservedTokens":9}}
46b0f81b {"progress":[["1",3,"a"],["2",5,"b"]],"atMs":1100}
080d0daf {"extend":"2","reservedTokens":20,"atMs":1150}
9de89267 {"settle":"1","outcome":"completed","upstream":"a","usage":[10,4,20,5,"upstream"],"atMs":1200}
`
	expect(read([text])).toMatchObject([
		{
			id: '1',
			outcome: 'completed',
			promptTokens: 10,
			cachedTokens: 4,
			completionTokens: 20,
			reasoningTokens: 5,
			costMicros: 50,
		},
		{ id: '2', outcome: 'interrupted', upstream: 'b', completionTokens: 5, source: 'counted' },
	])
})

test('lines that this version cannot read are reported, and affect no other', async () => {
	const foreign = [
		'{"settle":"3","outcome":"completed","upstream":"a","usage":[-1,0,1e300,0,"upstream"],"atMs":1}',
		'{"new":1}',
	]
	const unreadable: string[] = []
	const text = new TextDecoder().decode(await write([...lines.slice(0, 5), ...foreign, ...lines.slice(5)]))
	const entries = readJournal([text], (line) => unreadable.push(line))
	expect(entries).toEqual(read([new TextDecoder().decode(await write(lines))]))
	expect(unreadable).toEqual(foreign)
})
