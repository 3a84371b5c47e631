// A database that a newer version has written: every command that opens it refuses, for either kind of database.

import { Database } from 'bun:sqlite'
import { afterAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { SQL } from 'bun'
import { freshDatabase, postgresServer } from '../../src/stores/postgres/server.testing.ts'
import { root, runCommand, temporaryFolder } from '../server.ts'

const refusal =
	'The database was written by a newer version of Dragoman (unknown steps: 007-future, 008-more). Start that version, or restore a backup.\n'
const future = `INSERT INTO migrations (name, applied_at_ms) VALUES ('007-future', 0), ('008-more', 0)`

interface Prepared {
	readonly config: string
	readonly data: string
	/** As `copy` names it. */
	readonly name: string
}

/** A database brought up to date, then to a schema from the future. */
async function prepare(database: string, change: (data: string) => Promise<void>): Promise<Prepared> {
	const data = await temporaryFolder()
	const config = join(data, 'config.yaml')
	const echo = await Bun.file(join(root, 'examples', 'echo.yaml')).text()
	await Bun.write(config, `${echo}\ndatabase: ${database}\n`)
	expect((await runCommand(['migrate', '--config', config, '--data', data])).status).toBe(0)
	await change(data)
	return { config, data, name: database === 'sqlite' ? `sqlite:${join(data, 'dragoman.sqlite')}` : database }
}

function refusals(kind: string, prepared: () => Promise<Prepared>): void {
	describe(`a newer schema in ${kind} is refused by`, async () => {
		const { config, data, name } = await prepared()
		const elsewhere = `sqlite:${join(data, 'other.sqlite')}`
		const flags = ['--config', config, '--data', data]
		const commands: readonly (readonly string[])[] = [
			['serve', '--listen', '127.0.0.1:0', ...flags],
			['migrate', ...flags],
			['keys', 'list', ...flags],
			['keys', 'create', '--name', 'x', ...flags],
			['usage', ...flags],
			['copy', '--from', name, '--to', elsewhere],
		]
		for (const command of commands)
			test(command.slice(0, 2).join(' '), async () => {
				const { status, stdout, stderr } = await runCommand(command)
				expect(stderr).toContain(refusal)
				expect([status, stdout]).toEqual([1, ''])
			})
		test('copy, as the target', async () => {
			const source = await prepare('sqlite', async () => undefined)
			expect((await runCommand(['copy', '--from', source.name, '--to', name])).stderr).toBe(refusal)
		})
	})
}

refusals('SQLite', () =>
	prepare('sqlite', async (data) => {
		const database = new Database(join(data, 'dragoman.sqlite'))
		database.run(future)
		database.close()
	}),
)

if (postgresServer !== undefined) {
	const fresh = await freshDatabase(postgresServer)
	afterAll(() => fresh.drop())
	refusals('PostgreSQL', () =>
		prepare(fresh.url, async () => {
			const sql = new SQL(fresh.url, { max: 1 })
			await sql.unsafe(future)
			await sql.close()
		}),
	)
}
