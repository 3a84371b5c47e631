// Usage records that a database refuses, on a real database: the others reach it, the refused ones reach the quarantine,
// and a database that refuses every record is not mistaken for refused records.

import { expect, test } from 'bun:test'
import { readdir } from 'node:fs/promises'
import { Quarantine } from '../../src/ledger/quarantine.ts'
import type { SqlDatabase } from '../../src/stores/sql/sql-database.ts'
import { SqlLedgerStore } from '../../src/stores/sql/sql-ledger-store.ts'
import { type LogLine, recordingLog } from '../../src/system/log.testing.ts'
import {
	allEntries,
	FakeClock,
	freshFolder,
	open,
	openedCall,
	quarantineFolder,
	settlement,
	UnreachableStore,
} from './ledger.testing.ts'

export interface RefusingDatabase {
	open(): Promise<SqlDatabase>
	/** Refuses every record of the model `refused`, as the database itself. */
	refuse(database: SqlDatabase): Promise<void>
	/** The text of the error. */
	readonly reason: string
}

/** Settles one call of `model` for each id. */
async function record(
	ledger: Awaited<ReturnType<typeof open>>,
	ids: readonly string[],
	model: (id: string) => string,
): Promise<void> {
	await Promise.all(
		ids.map(async (id) => {
			const ticket = ledger.open({ ...openedCall(id), model: model(id) })
			await ticket.opened
			await ticket.settle(settlement(5))
		}),
	)
}

const ids = Array.from({ length: 250 }, (_, index) => String(index).padStart(3, '0'))
const refusedIds: ReadonlySet<string> = new Set(['000', '101', '249'])
const modelOf = (id: string) => (refusedIds.has(id) ? 'refused' : 'small')

export function refusedRecordsContract(name: string, { open: openDatabase, refuse, reason }: RefusingDatabase): void {
	async function storedIds(store: SqlLedgerStore): Promise<readonly string[]> {
		return (await store.entries({ ...allEntries, order: { by: 'settled', direction: 'asc' } })).map(({ id }) => id)
	}

	test(`${name}: refused records are in quarantine, all others in the database, and calls continue`, async () => {
		const database = await openDatabase()
		await refuse(database)
		const [store, folder] = [new SqlLedgerStore(database), await freshFolder()]
		const lines: LogLine[] = []
		const ledger = await open({ folder, store, log: recordingLog(lines) })
		await record(ledger, ids, modelOf)
		await ledger.deliver()
		expect(ledger.pending).toBe(0)
		expect(await storedIds(store)).toEqual(ids.filter((id) => !refusedIds.has(id)))
		expect(await store.usage({ ...allEntries, groupBy: [] })).toMatchObject([{ requests: 247, completionTokens: 1235 }])
		const quarantine = new Quarantine(quarantineFolder(folder))
		expect(quarantine.size).toBe(3)
		const listed = await quarantine.list()
		expect(listed.map(({ entry }) => entry.id)).toEqual([...refusedIds])
		expect(listed[0]).toMatchObject({ entry: { model: 'refused', completionTokens: 5, upstream: 'a' } })
		expect(listed[0]?.reason).toContain(reason)
		const named = lines.filter(({ msg }) => msg.includes('dragoman usage quarantine'))
		expect(named.map((line) => line.record).sort()).toEqual([...refusedIds])
		await record(ledger, ['after'], () => 'small')
		await ledger.close()
		expect(await storedIds(store)).toContain('after')
		expect(await readdir(folder)).toEqual([])
		await database.close()
	})

	test(`${name}: refused records of a process that exited are in quarantine`, async () => {
		const database = await openDatabase()
		await refuse(database)
		const [away, clock, folder] = [new UnreachableStore(), new FakeClock(), await freshFolder()]
		const first = await open({ folder, store: away, clock })
		away.away = true
		await clock.waitForSleepers(2)
		await record(first, ids, modelOf)
		const closed = first.close()
		await clock.waitForSleepers(4)
		clock.advance(2000)
		await closed
		const store = new SqlLedgerStore(database)
		const next = await open({ folder, store })
		expect(await storedIds(store)).toEqual(ids.filter((id) => !refusedIds.has(id)))
		expect((await new Quarantine(quarantineFolder(folder)).list()).map(({ entry }) => entry.id)).toEqual([
			...refusedIds,
		])
		await next.close()
		expect(await readdir(folder)).toEqual([])
		await database.close()
	})

	test(`${name}: a database that refuses every record puts none in quarantine, and receives all of them later`, async () => {
		const database = await openDatabase()
		const [store, clock, folder] = [new SqlLedgerStore(database), new FakeClock(), await freshFolder()]
		const ledger = await open({ folder, store, clock })
		await clock.waitForSleepers(2)
		await database.sql`ALTER TABLE usage_days RENAME TO moved_days`
		await record(ledger, ['1', '2'], modelOf)
		const delivered = ledger.deliver()
		await clock.waitForSleepers(3)
		expect(ledger.pending).toBe(2)
		expect(new Quarantine(quarantineFolder(folder)).size).toBe(0)
		await database.sql`ALTER TABLE moved_days RENAME TO usage_days`
		clock.advance(30_000)
		await delivered
		expect(await storedIds(store)).toEqual(['1', '2'])
		await ledger.close()
		await database.close()
	})
}
