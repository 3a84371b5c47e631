// Usage records that SQLite refuses, and a quarantine that cannot be written.

import { expect, test } from 'bun:test'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { LedgerEntry } from '../../src/ledger/ledger-entry.ts'
import { Quarantine } from '../../src/ledger/quarantine.ts'
import { openMemory } from '../../src/stores/sqlite/memory.testing.ts'
import {
	FakeClock,
	freshFolder,
	open,
	openedCall,
	quarantineFolder,
	settlement,
	UnreachableStore,
} from './ledger.testing.ts'
import { refusedRecordsContract } from './refused-records.contract.ts'

refusedRecordsContract('sqlite', {
	open: openMemory,
	reason: 'not this model',
	async refuse({ sql }) {
		await sql.unsafe(`CREATE TRIGGER refuse BEFORE INSERT ON ledger WHEN NEW.model = 'refused'
			BEGIN SELECT RAISE(ABORT, 'not this model'); END`)
	},
})

/** Refuses every record, but would accept a plain one. */
class RefusingStore extends UnreachableStore {
	override async insert(entries: readonly LedgerEntry[]): Promise<void> {
		if (entries.length > 0) throw new Error('refused')
	}
}

test('a record that cannot be set aside waits until it can', async () => {
	const [clock, folder] = [new FakeClock(), await freshFolder()]
	const ledger = await open({ folder, store: new RefusingStore(), clock })
	await clock.waitForSleepers(2)
	const blocked = quarantineFolder(folder)
	await mkdir(dirname(blocked), { recursive: true })
	await writeFile(blocked, '')
	const ticket = ledger.open(openedCall('1'))
	await ticket.opened
	await ticket.settle(settlement(5))
	const delivered = ledger.deliver()
	await clock.waitForSleepers(3)
	expect(ledger.pending).toBe(1)
	await rm(blocked)
	clock.advance(30_000)
	await delivered
	expect(ledger.pending).toBe(0)
	expect(await new Quarantine(blocked).list()).toMatchObject([{ entry: { id: '1' }, reason: 'refused' }])
	await ledger.close()
})
