// dragoman copy and dragoman migrate, between both kinds of database.

import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { SQL } from 'bun'
import { freshDatabase, postgresServer } from '../../src/stores/postgres/server.testing.ts'
import { root, startServer, temporaryFolder } from '../server.ts'

async function dragoman(...args: readonly string[]) {
	const child = Bun.spawn([process.execPath, join(root, 'src', 'main.ts'), ...args], { stdout: 'pipe', stderr: 'pipe' })
	const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
	return { status: await child.exited, output, errors }
}

if (postgresServer !== undefined)
	test('all data is copied to PostgreSQL and back unchanged', async () => {
		const server = await startServer({ data: await temporaryFolder() })
		const headers = { 'x-dragoman-conversation': 'new' }
		const question = (content: string) => ({ model: 'echo', messages: [{ role: 'user', content }] })
		for (const text of ['Größe', 'zwei', '三']) await server.call('/v1/chat/completions', question(text), headers)
		await server.call('/v1/responses', { model: 'echo', input: 'stored', metadata: { a: 'b' } })
		await server.call('/v1/organization/usage/completions?start_time=0')
		await server.stop()

		const [fresh, folder] = [await freshDatabase(postgresServer as string), await temporaryFolder()]
		const source = `sqlite:${join(server.data, 'dragoman.sqlite')}`
		try {
			const copied = await dragoman('copy', '--from', source, '--to', fresh.url)
			expect(copied).toMatchObject({ status: 0, errors: 'Both databases contain the same data.\n' })
			const sql = new SQL(fresh.url)
			const [{ count }] = await sql`SELECT COUNT(*) AS count FROM messages`
			expect(Number(count)).toBe(8)
			await sql.close()
			const again = await dragoman('copy', '--from', source, '--to', fresh.url)
			expect([again.status, again.errors]).toEqual([1, "The target is not empty: it has rows in 'keys'.\n"])

			const back = `sqlite:${join(folder, 'back.sqlite')}`
			expect((await dragoman('copy', '--from', fresh.url, '--to', back)).status).toBe(0)
			const [one, other] = [await hashes(source, folder, 'one'), await hashes(back, folder, 'other')]
			expect(one).toEqual(other)
		} finally {
			await fresh.drop()
		}
	}, 60_000)

/** The output of `copy` for each table. */
async function hashes(source: string, folder: string, name: string): Promise<string> {
	return (await dragoman('copy', '--from', source, '--to', `sqlite:${join(folder, `${name}.sqlite`)}`)).output
}

if (postgresServer !== undefined)
	test('migrate reports what it did, once', async () => {
		const [fresh, folder] = [await freshDatabase(postgresServer as string), await temporaryFolder()]
		const config = join(folder, 'config.yaml')
		await Bun.write(config, `database: ${fresh.url}\nmodels: embedded\n`)
		try {
			const first = await dragoman('migrate', '--config', config, '--data', folder)
			expect(first.output).toContain('003-conversations')
			const second = await dragoman('migrate', '--config', config, '--data', folder)
			expect([second.output, second.errors]).toEqual(['', 'The database is up to date.\n'])
		} finally {
			await fresh.drop()
		}
		const migrated = await dragoman('migrate', '--config', config, '--data', folder)
		expect([migrated.status, migrated.errors.includes('cannot be opened')]).toEqual([1, true])
	}, 60_000)

test('copy rejects an address that is not a database', async () => {
	expect(await dragoman('copy', '--from', 'mysql://u:secret@host/x', '--to', 'sqlite:/tmp/x')).toMatchObject({
		status: 2,
		errors: expect.not.stringContaining('secret'),
	})
	expect((await dragoman('copy', '--from', 'sqlite:/nowhere.sqlite', '--to', 'sqlite:/tmp/x')).errors).toBe(
		'no database at /nowhere.sqlite (there is no such file)\n',
	)
})
