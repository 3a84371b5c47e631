// Databases that a server refuses at start, with the reason and the remedy: the encoding, the schema, the rights.

import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { SQL } from 'bun'
import { columns } from '../../src/stores/migrations/columns.ts'
import { openDatabase } from '../../src/stores/open-stores.ts'
import { type FreshDatabase, freshDatabase, postgresServer } from '../../src/stores/postgres/server.testing.ts'
import { tables } from '../../src/stores/sql/table.ts'
import { openSqlite } from '../../src/stores/sqlite/sqlite.ts'
import { runCommand, temporaryFolder } from '../server.ts'

/** Changes to a database that is up to date, with a part of the refusal. */
const changes: readonly (readonly [statement: string, refusal: string])[] = [
	[`ALTER TABLE keys RENAME COLUMN hash TO digest`, `the table 'keys' has no column 'hash'`],
	['ALTER TABLE ledger RENAME COLUMN currency TO unit', `the table 'ledger' has no column 'currency'`],
	['ALTER TABLE messages DROP COLUMN path_bytes', `the table 'messages' has no column 'path_bytes'`],
	['ALTER TABLE branches RENAME TO twigs', `there is no table 'branches'`],
	['DROP TABLE texts', `there is no table 'texts'`],
	[`DELETE FROM migrations WHERE name = '003-conversations'`, 'step 003-conversations is not recorded'],
	[`INSERT INTO migrations VALUES ('007-future', 0)`, 'by a newer version of Dragoman (unknown steps: 007-future)'],
]

/** The refusal of a server and of a command that only reads. */
async function refusals(database: string, data: string): Promise<readonly string[]> {
	const config = join(data, 'config.yaml')
	await Bun.write(
		config,
		`database: "${database}"\nmodels: { e: { route: [e] } }\nupstreams: { e: { engine: echo } }\n`,
	)
	const flags = ['--config', config, '--data', data]
	const commands = [
		['serve', '--listen', '127.0.0.1:0', ...flags],
		['keys', 'list', ...flags],
		['migrate', ...flags],
	]
	return Promise.all(
		commands.map(async (command) => {
			const { status, stderr } = await runCommand(command)
			expect(status).toBe(1)
			expect(stderr).not.toMatch(/\n {4}at /)
			return stderr
		}),
	)
}

test('every column of a new database is known', async () => {
	const database = await openSqlite(join(await temporaryFolder(), 'new.sqlite'))
	for (const { name } of tables) {
		const rows = await database.sql`SELECT name FROM pragma_table_info(${name}) ORDER BY name`
		expect([name, ...rows.map((row) => String(row.name))]).toEqual([name, ...(columns[name] ?? []).toSorted()])
	}
	await database.close()
})

describe('SQLite is refused after', () => {
	test.each(changes)('%s', async (statement, refusal) => {
		const data = await temporaryFolder()
		const file = join(data, 'dragoman.sqlite')
		await (await openSqlite(file)).close()
		const database = new Database(file)
		database.run(statement)
		database.close()
		for (const message of await refusals('sqlite', data)) expect(message).toContain(refusal)
	})
})

test('a server without a `sqlite` file that it can read is refused', async () => {
	const data = await temporaryFolder()
	await Bun.write(join(data, 'dragoman.sqlite'), 'This is the file of another program. '.repeat(100))
	for (const message of await refusals('sqlite', data)) expect(message).toContain('file is not a database')
})

if (postgresServer !== undefined) {
	const server = postgresServer
	describe('PostgreSQL is refused after', () => {
		let fresh: FreshDatabase
		beforeAll(async () => {
			fresh = await freshDatabase(server)
			await (await openDatabase(fresh.url, 'create')).close()
		})
		afterAll(() => fresh.drop())
		test.each(changes)('%s', async (statement, refusal) => {
			const changed = await freshDatabase(server, `TEMPLATE ${new URL(fresh.url).pathname.slice(1)}`)
			const sql = new SQL(changed.url, { max: 1 })
			await sql.unsafe(statement)
			await sql.close()
			for (const message of await refusals(changed.url, await temporaryFolder())) expect(message).toContain(refusal)
			await changed.drop()
		})
	})

	describe('PostgreSQL with the encoding', () => {
		test.each(['LATIN1', 'SQL_ASCII', 'EUC_JP'])('%s is refused before anything is created', async (encoding) => {
			const fresh = await freshDatabase(server, `ENCODING '${encoding}' LOCALE 'C' TEMPLATE template0`)
			for (const mode of ['create', 'update', 'expect'] as const) {
				const message = await openDatabase(fresh.url, mode).catch(String)
				expect(message).toContain(`is ${encoding}, which cannot store every text`)
				expect(message).toContain(`CREATE DATABASE dragoman ENCODING 'UTF8' TEMPLATE template0`)
			}
			const sql = new SQL(fresh.url, { max: 1 })
			expect(await sql`SELECT 1 FROM pg_tables WHERE schemaname = 'public'`).toHaveLength(0)
			await sql.close()
			await fresh.drop()
		})
	})

	describe('a user without rights', () => {
		const [user, password] = [`test_user_${process.pid}`, 'pass-word-9']
		let fresh: FreshDatabase
		let admin: SQL
		let url: string
		beforeAll(async () => {
			fresh = await freshDatabase(server)
			admin = new SQL(fresh.url, { max: 1 })
			await admin.unsafe(`CREATE USER ${user} PASSWORD '${password}'`)
			const own = new URL(fresh.url)
			;[own.username, own.password] = [user, password]
			url = own.href
		})
		afterAll(async () => {
			await admin.unsafe(`DROP OWNED BY ${user}`)
			await admin.unsafe(`DROP USER ${user}`)
			await admin.close()
			await fresh.drop()
		})

		test('on the schema cannot create tables', async () => {
			expect(await openDatabase(url, 'create').catch(String)).toContain(
				'permission denied for schema public (the user needs rights on the schema: GRANT USAGE, CREATE ON SCHEMA … TO …)',
			)
		})
		test('on a table is refused with its name', async () => {
			await (await openDatabase(fresh.url, 'create')).close()
			await admin.unsafe(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${user}`)
			expect(await openDatabase(url, 'create').catch(String)).toContain(
				`The user '${user}' has no INSERT right on the table 'keys'`,
			)
		})
		test('to create tables can use those that exist', async () => {
			await admin.unsafe(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${user}`)
			await (await openDatabase(url, 'create')).close()
		})
		test('is refused if its search_path contains no schema', async () => {
			await admin.unsafe(`ALTER USER ${user} SET search_path = nowhere`)
			expect(await openDatabase(url, 'create').catch(String)).toContain('ALTER USER … SET search_path')
		})
	})

	test('a database, a user or a server that does not exist is refused with the remedy', async () => {
		const other = (parts: Partial<URL>) =>
			openDatabase(Object.assign(new URL(server), parts).href, 'create').catch(String)
		expect(await other({ pathname: '/nowhere' })).toContain('create it: CREATE DATABASE')
		expect(await other({ username: 'no_such_user' })).toContain('pg_hba.conf')
		expect(await other({ port: '1' })).toContain('cannot be opened: Failed to connect')
	})
}
