import { expect, test } from 'bun:test'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKey } from '../../keys/key.ts'
import { databaseContract } from '../database.contract.ts'
import { readTurnsContract } from '../read-turns.contract.ts'
import type { SqlDatabase } from '../sql/sql-database.ts'
import { SqlKeyStore } from '../sql/sql-key-store.ts'
import { openMemory } from './memory.testing.ts'
import { openSqlite } from './sqlite.ts'

const newFile = async () => join(await mkdtemp(join(tmpdir(), 'dragoman-sqlite-')), 'dragoman.sqlite')

databaseContract('sqlite', async () => openSqlite(await newFile()))
readTurnsContract('sqlite', async () => openSqlite(await newFile()))
databaseContract('sqlite with every message in its index', openIndexed)
databaseContract('sqlite in memory', openMemory)

/** Every write ends when the messages are in the index over their texts. */
async function openIndexed(): Promise<SqlDatabase> {
	const database = await openSqlite(await newFile())
	return {
		...database,
		async write(work, key) {
			const result = await database.write(work, key)
			await database.indexTexts()
			return result
		},
	}
}

test('two connections to the same file see each other’s writes', async () => {
	const file = await newFile()
	const [server, command] = [new SqlKeyStore(await openSqlite(file)), new SqlKeyStore(await openSqlite(file))]
	const { key } = createKey({ name: 'created elsewhere', role: 'user' }, 1000)
	expect(await server.findByHash(key.hash)).toBeUndefined()
	await command.insert(key)
	expect(await server.findByHash(key.hash)).toEqual(key)
	await server.revoke(key.id, 2000)
	expect((await command.findByHash(key.hash))?.revokedAtMs).toBe(2000)
	await Promise.all([server.close(), command.close()])
})

test('a key that an earlier version stored with its own name for a history has today’s', async () => {
	const database = await openSqlite(await newFile())
	const store = new SqlKeyStore(database)
	const { key } = createKey({ name: 'old', role: 'user' }, 1000)
	await store.insert(key)
	await database.write((sql) => sql`UPDATE keys SET settings = '{"history":"albert"}' WHERE id = ${key.id}`)
	expect((await store.findByHash(key.hash))?.settings).toEqual({ history: 'user-id' })
	await store.close()
})

test('concurrent openings of a new file create one schema', async () => {
	const file = await newFile()
	const stores = await Promise.all(Array.from({ length: 8 }, async () => new SqlKeyStore(await openSqlite(file))))
	await Promise.all(
		stores.map((store, index) => store.insert(createKey({ name: `n${index}`, role: 'user' }, index).key)),
	)
	expect(await stores[0]?.list()).toHaveLength(8)
	await Promise.all(stores.map((store) => store.close()))
})

test('many processes open a new file concurrently', async () => {
	const file = await newFile()
	const script = `import { openSqlite } from '${import.meta.dir}/sqlite.ts'; await (await openSqlite('${file}')).close()`
	const children = Array.from({ length: 6 }, () => Bun.spawn([process.execPath, '-e', script], { stderr: 'pipe' }))
	const ends = await Promise.all(
		children.map(async (child) => [await child.exited, await new Response(child.stderr).text()]),
	)
	expect(ends).toEqual(children.map(() => [0, '']))
})
