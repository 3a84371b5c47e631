import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ledgerStoreContract } from '../../ledger/ledger-store.contract.ts'
import { freshDatabase, postgresServer } from './postgres.testing.ts'
import { openPostgres } from './postgres.ts'
import { SqlLedgerStore } from './sql-ledger-store.ts'
import { openSqlite } from './sqlite.ts'

ledgerStoreContract('sqlite', async () => {
	const database = await openSqlite(join(await mkdtemp(join(tmpdir(), 'dragoman-ledger-')), 'dragoman.sqlite'))
	return { store: new SqlLedgerStore(database), close: () => database.close() }
})

if (postgresServer !== undefined)
	ledgerStoreContract('postgresql', async () => {
		const fresh = await freshDatabase(postgresServer as string)
		const database = await openPostgres(fresh.url)
		const close = async () => {
			await database.close()
			await fresh.drop()
		}
		return { store: new SqlLedgerStore(database), close }
	})
