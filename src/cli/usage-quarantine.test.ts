import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { entry } from '../ledger/ledger-store.contract.ts'
import { Quarantine } from '../ledger/quarantine.ts'
import { SqlLedgerStore } from '../stores/sql/sql-ledger-store.ts'
import { openSqlite } from '../stores/sqlite/sqlite.ts'
import { describeFailure } from './failure.ts'
import { usageCommand } from './usage.ts'

const settledAtMs = Date.UTC(2026, 10, 23, 12)
const quarantinedAtMs = settledAtMs + 1000
const refused = entry('1', { model: 'refused', settledAtMs })
const other = entry('2', { model: 'also\nrefused', settledAtMs: settledAtMs + 1 })

let data: string
let quarantine: Quarantine
beforeEach(async () => {
	data = await mkdtemp(join(tmpdir(), 'dragoman-quarantine-'))
	quarantine = new Quarantine(join(data, 'quarantine'))
	await inDatabase((sql) =>
		sql.unsafe(`CREATE TRIGGER refuse BEFORE INSERT ON ledger WHEN NEW.model = 'refused'
			BEGIN SELECT RAISE(ABORT, 'not this model'); END`),
	)
})
afterEach(() => rm(data, { recursive: true }))

async function inDatabase<Result>(
	work: (sql: Awaited<ReturnType<typeof openSqlite>>['sql']) => Promise<Result>,
): Promise<Result> {
	const database = await openSqlite(join(data, 'dragoman.sqlite'))
	try {
		return await work(database.sql)
	} finally {
		await database.close()
	}
}

async function storedIds(): Promise<readonly string[]> {
	const database = await openSqlite(join(data, 'dragoman.sqlite'))
	const { tenant, owner } = refused
	const query = { tenant, owner, fromMs: 0, untilMs: Number.MAX_SAFE_INTEGER, limit: 10 }
	const entries = await new SqlLedgerStore(database).entries(query)
	await database.close()
	return entries.map(({ id }) => id).sort()
}

async function run(...args: readonly string[]) {
	const [printed, status]: [string[], string[]] = [[], []]
	const command = usageCommand({
		environment: { DRAGOMAN_DATA: data },
		version: '0',
		command: [],
		print: (line) => printed.push(line),
		printStatus: (line) => status.push(line),
		terminal: false,
	})
	const failure = await command
		.exitOverride()
		.configureOutput({ writeErr: () => undefined })
		.parseAsync(['quarantine', ...args], { from: 'user' })
		.then(
			() => undefined,
			(thrown: unknown) => describeFailure(thrown).text,
		)
	return { printed, status, failure }
}

async function addBoth(): Promise<void> {
	for (const one of [other, refused]) await quarantine.add({ entry: one, reason: 'not this\nmodel', quarantinedAtMs })
}

describe('list', () => {
	test('shows each record on one line, oldest first', async () => {
		await addBoth()
		const { printed } = await run()
		expect(printed.map((line) => line.split(/ {2,}/))).toEqual([
			['ID', 'SETTLED', 'KEY', 'MODEL', 'PROMPT', 'COMPLETION', 'REASON'],
			['1', '2026-11-23 12:00', 'key_1', 'refused', '10', '20', 'not this\\x0amodel'],
			['2', '2026-11-23 12:00', 'key_1', 'also\\x0arefused', '10', '20', 'not this\\x0amodel'],
		])
		expect((await run('list', '--data', data)).printed).toEqual(printed)
	})

	test('shows a record whose time is out of range', async () => {
		await quarantine.add({ entry: { ...refused, settledAtMs: 1e300 }, reason: 'no', quarantinedAtMs })
		expect((await run('list')).printed[1]).toContain('1e+300')
	})

	test('of an empty quarantine prints nothing to standard output', async () => {
		expect(await run('list')).toMatchObject({ printed: [], status: ['No usage records are in quarantine.'] })
	})
})

test('export prints complete records as JSON', async () => {
	await addBoth()
	const { printed } = await run('export')
	expect(JSON.parse(printed.join('\n'))).toEqual([
		{ entry: refused, reason: 'not this\nmodel', quarantinedAtMs },
		{ entry: other, reason: 'not this\nmodel', quarantinedAtMs },
	])
})

describe('retry', () => {
	test('inserts what the database accepts now, and keeps the rest', async () => {
		await addBoth()
		const { failure, status } = await run('retry')
		expect(failure).toContain('1: not this model')
		expect(status.at(-1)).toBe('1 usage record inserted.')
		expect(await storedIds()).toEqual(['2'])
		expect((await quarantine.list()).map(({ entry }) => entry.id)).toEqual(['1'])
		await inDatabase((sql) => sql`DROP TRIGGER refuse`)
		expect(await run('retry')).toMatchObject({ failure: undefined })
		expect(await storedIds()).toEqual(['1', '2'])
		expect(await readdir(join(data, 'quarantine'))).toEqual([])
	})

	test('of named records leaves the others', async () => {
		await addBoth()
		expect(await run('retry', '2')).toMatchObject({ failure: undefined })
		expect((await quarantine.list()).map(({ entry }) => entry.id)).toEqual(['1'])
		expect((await run('retry', 'unknown')).failure).toBe(
			"There is no usage record 'unknown' in quarantine: `dragoman usage quarantine list` lists them.",
		)
	})

	test('counts a record once, however often it is in quarantine', async () => {
		await quarantine.add({ entry: other, reason: 'no', quarantinedAtMs })
		await run('retry')
		await quarantine.add({ entry: other, reason: 'no', quarantinedAtMs })
		await run('retry')
		expect(await inDatabase((sql) => sql`SELECT requests FROM usage_days`)).toMatchObject([{ requests: 1 }])
	})
})

test('files are readable by their owner only, whatever the id of a record is', async () => {
	const id = '../../a/b'
	await quarantine.add({ entry: { ...refused, id }, reason: 'no', quarantinedAtMs })
	expect(await readdir(join(data, 'quarantine'))).toEqual(['..%2F..%2Fa%2Fb.json'])
	const file = Bun.file(join(data, 'quarantine', '..%2F..%2Fa%2Fb.json'))
	expect((await file.stat()).mode & 0o777).toBe(0o600)
	await quarantine.remove(id)
	expect(quarantine.size).toBe(0)
})
