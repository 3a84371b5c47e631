import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { conversationStoreContract } from '../../conversations/conversation-store.contract.ts'
import { openMemory } from './memory.ts'
import { freshDatabase, postgresServer } from './postgres.testing.ts'
import { openPostgres } from './postgres.ts'
import { SqlConversationStore } from './sql-conversation-store.ts'
import { openSqlite } from './sqlite.ts'

const newFile = async () => join(await mkdtemp(join(tmpdir(), 'dragoman-conversations-')), 'dragoman.sqlite')

conversationStoreContract('sqlite', async () => {
	const database = await openSqlite(await newFile())
	return { store: new SqlConversationStore(database), close: () => database.close() }
})

conversationStoreContract('in memory', async () => {
	const database = await openMemory()
	return { store: new SqlConversationStore(database), close: () => database.close() }
})

if (postgresServer !== undefined)
	conversationStoreContract('postgresql', async () => {
		const fresh = await freshDatabase(postgresServer as string)
		const database = await openPostgres(fresh.url)
		const close = async () => {
			await database.close()
			await fresh.drop()
		}
		return { store: new SqlConversationStore(database), close }
	})
