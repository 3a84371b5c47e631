// A process that records usage is killed repeatedly at random moments: what it acknowledged is in the database, once.

import { expect, test } from 'bun:test'
import { appendFile, mkdtemp, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryLedgerStore } from '../../src/stores/memory-ledger-store.testing.ts'
import { SqlLedgerStore } from '../../src/stores/sql/sql-ledger-store.ts'
import { openSqlite } from '../../src/stores/sqlite/sqlite.ts'
import { allEntries, open } from './ledger.testing.ts'

const rounds = 20
const child = join(import.meta.dir, 'crash.child.testing.ts')

const extensionChild = join(import.meta.dir, 'extension.child.testing.ts')

/** The output of a process until it was killed. */
interface ClientView {
	readonly opened: Set<string>
	/** The largest number of tokens reported to a ticket. */
	readonly moved: Map<string, number>
	readonly settling: Set<string>
	readonly settled: Set<string>
}

/** Runs one process and kills it once it has printed `lines` lines. */
async function killAfter(lines: number, folder: string, round: number, client: ClientView): Promise<void> {
	const running = Bun.spawn([process.execPath, child, folder, String(round)], { stdout: 'pipe', stderr: 'inherit' })
	let [rest, received] = ['', 0]
	const decoder = new TextDecoder()
	for await (const bytes of running.stdout) {
		const completeLines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
		rest = completeLines.pop() ?? ''
		for (const line of completeLines) note(line, client)
		received += completeLines.length
		if (received >= lines) running.kill('SIGKILL')
	}
	await running.exited
	expect(running.signalCode).toBe('SIGKILL')
}

function note(line: string, { opened, moved, settling, settled }: ClientView): void {
	const [step, id = '', tokens] = line.split(' ')
	if (step === 'opened') opened.add(id)
	if (step === 'moves') moved.set(id, Number(tokens))
	if (step === 'settles') settling.add(id)
	if (step === 'settled') settled.add(id)
}

/** A file after a power failure: the last line is incomplete. */
async function tear(journals: string): Promise<void> {
	const files = (await readdir(journals)).filter((file) => file.endsWith('.journal')).sort()
	const last = files.at(-1)
	if (last !== undefined) await appendFile(join(journals, last), '1a2b3c4d {"settle":"0-0-0","outc')
}

test(`${rounds} times killed, nothing acknowledged is lost, nothing is counted twice, nothing stays open`, async () => {
	const folder = await mkdtemp(join(tmpdir(), 'dragoman-crash-'))
	const journals = join(folder, 'journal')
	const client: ClientView = { opened: new Set(), moved: new Map(), settling: new Set(), settled: new Set() }
	for (let round = 0; round < rounds; round++) {
		// A quarter of them while they start, and recover what the one before left.
		await killAfter(round % 4 === 3 ? 1 : Math.ceil(Math.random() * 4000), folder, round, client)
		if (round % 2 === 0) await tear(journals)
	}

	const database = await openSqlite(join(folder, 'dragoman.sqlite'))
	const store = new SqlLedgerStore(database)
	await (await open({ folder: journals, store })).close()
	const entries = await store.entries(allEntries)
	const byId = new Map(entries.map((entry) => [entry.id, entry]))
	expect(client.settled.size).toBeGreaterThan(500)
	expect([...client.opened].filter((id) => !byId.has(id))).toEqual([])
	expect([...client.settled].filter((id) => byId.get(id)?.outcome !== 'completed')).toEqual([])

	for (const { id, outcome, completionTokens } of entries) {
		if (outcome === 'completed') expect([id, completionTokens, client.settling.has(id)]).toEqual([id, 100, true])
		else {
			expect([id, outcome]).toEqual([id, 'interrupted'])
			expect(completionTokens).toBeLessThanOrEqual(client.moved.get(id) ?? 0)
		}
	}
	expect(entries.some(({ outcome }) => outcome === 'interrupted')).toBe(true)

	const tokens = entries.reduce((sum, { completionTokens }) => sum + completionTokens, 0)
	expect(await store.usage({ ...allEntries, groupBy: [] })).toMatchObject([
		{ requests: entries.length, completionTokens: tokens },
	])
	expect(await readdir(journals)).toEqual([])
	expect([...(await database.sql`PRAGMA integrity_check`)]).toEqual([{ integrity_check: 'ok' }])
	await database.close()
}, 60_000)

test('killed after extensions, each call is billed for no more than it reserved', async () => {
	const folder = await mkdtemp(join(tmpdir(), 'dragoman-crash-'))
	const running = Bun.spawn([process.execPath, extensionChild, folder], { stdout: 'pipe', stderr: 'inherit' })
	let output = ''
	for await (const bytes of running.stdout) {
		output += new TextDecoder().decode(bytes)
		if (output.endsWith('marked\n')) running.kill('SIGKILL')
	}
	await running.exited
	expect([output, running.signalCode]).toEqual(['marked\n', 'SIGKILL'])

	const store = new MemoryLedgerStore()
	await (await open({ folder, store })).close()
	const entries = await store.entries(allEntries)
	expect(entries.map(({ id, outcome, completionTokens }) => `${id} ${outcome} ${completionTokens}`).sort()).toEqual([
		'extended interrupted 8',
		'reserved interrupted 4',
		'unlimited interrupted 20',
	])
	expect(await readdir(folder)).toEqual([])
})
