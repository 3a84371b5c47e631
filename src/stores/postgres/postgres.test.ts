import { databaseContract } from '../database.contract.ts'
import { readTurnsContract } from '../read-turns.contract.ts'
import type { Reads } from '../sql/sql-database.ts'
import { openPostgres } from './postgres.ts'
import { freshDatabase, postgresServer } from './server.testing.ts'

async function openFresh() {
	const fresh = await freshDatabase(postgresServer as string)
	const database = await openPostgres(fresh.url)
	const close = database.close.bind(database)
	database.close = async () => {
		await close()
		await fresh.drop()
	}
	return database
}

/** A read that gets a connection which is being opened waits for that, too, while the other connections run further reads. */
async function openConnected() {
	const database = await openFresh()
	const wait = (reads: Pick<Reads, 'sql' | 'slowSql'>) => [
		reads.sql.unsafe('SELECT pg_sleep(0.02)'),
		reads.slowSql.unsafe('SELECT pg_sleep(0.02)'),
	]
	await Promise.all(Array.from({ length: 8 }, () => wait(database)).flat())
	return database
}

if (postgresServer !== undefined) {
	databaseContract('postgresql', openFresh)
	readTurnsContract('postgresql', openConnected)
}
