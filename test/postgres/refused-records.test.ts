// Usage records that PostgreSQL refuses: by a constraint, and because the total of a day no longer fits.

import { expect, test } from 'bun:test'
import { entry } from '../../src/ledger/ledger-store.contract.ts'
import { Quarantine } from '../../src/ledger/quarantine.ts'
import { openPostgres } from '../../src/stores/postgres/postgres.ts'
import { freshDatabase, postgresServer } from '../../src/stores/postgres/server.testing.ts'
import { explainingFailures } from '../../src/stores/sql/database-failure.ts'
import type { SqlDatabase } from '../../src/stores/sql/sql-database.ts'
import { SqlLedgerStore } from '../../src/stores/sql/sql-ledger-store.ts'
import {
	allEntries,
	freshFolder,
	open,
	openedCall,
	quarantineFolder,
	settlement,
	startMs,
} from '../ledger/ledger.testing.ts'
import { refusedRecordsContract } from '../ledger/refused-records.contract.ts'

async function openFresh(): Promise<SqlDatabase> {
	const fresh = await freshDatabase(postgresServer as string)
	const database = await openPostgres(fresh.url)
	const close = database.close.bind(database)
	database.close = async () => {
		await close()
		await fresh.drop()
	}
	return database
}

if (postgresServer !== undefined) {
	refusedRecordsContract('postgresql', {
		open: openFresh,
		reason: 'not_this_model',
		async refuse({ sql }) {
			await sql.unsafe(`ALTER TABLE ledger ADD CONSTRAINT not_this_model CHECK (model <> 'refused')`)
		},
	})

	test('a total that no longer fits refuses the record that exceeds it', async () => {
		const database = await openFresh()
		const [store, folder] = [explainingFailures(new SqlLedgerStore(database), database), await freshFolder()]
		await store.insert([entry('before', { settledAtMs: startMs, model: 'small' })])
		await database.sql`UPDATE usage_days SET cost_micros = 9223372036854775807`
		const ledger = await open({ folder, store })
		for (const [id, model] of [
			['exceeds', 'small'],
			['fits', 'large'],
		] as const) {
			const ticket = ledger.open({ ...openedCall(id), model })
			await ticket.opened
			await ticket.settle(settlement(5))
		}
		await ledger.deliver()
		expect((await store.entries(allEntries)).map(({ id }) => id).sort()).toEqual(['before', 'fits'])
		expect(await new Quarantine(quarantineFolder(folder)).list()).toMatchObject([{ entry: { id: 'exceeds' } }])
		await ledger.close()
		await database.close()
	})
}
