import { databaseContract } from '../database.contract.ts'
import { readTurnsContract } from '../read-turns.contract.ts'
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

if (postgresServer !== undefined) {
	databaseContract('postgresql', openFresh)
	readTurnsContract('postgresql', openFresh)
}
