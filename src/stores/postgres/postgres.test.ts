import { databaseContract } from '../database.contract.ts'
import { openPostgres } from './postgres.ts'
import { freshDatabase, postgresServer } from './server.testing.ts'

if (postgresServer !== undefined)
	databaseContract('postgresql', async () => {
		const fresh = await freshDatabase(postgresServer as string)
		const database = await openPostgres(fresh.url)
		const close = database.close.bind(database)
		database.close = async () => {
			await close()
			await fresh.drop()
		}
		return database
	})
