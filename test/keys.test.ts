// Commands on keys and usage: which database they work on, what they refuse, and the operator's configured key.

import { describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { undoStepsFrom } from '../src/stores/migrations/undo.testing.ts'
import { freshDatabase, postgresServer } from '../src/stores/postgres/server.testing.ts'
import { openSqlite } from '../src/stores/sqlite/sqlite.ts'
import { runCommand, startServer, temporaryFolder } from './server.ts'

const commands: readonly (readonly string[])[] = [
	['keys', 'list'],
	['keys', 'create', '--name', 'ada'],
	['keys', 'revoke', 'ada'],
	['usage'],
]

/** A data folder with an empty database of this version. */
async function migratedFolder(): Promise<string> {
	const data = await temporaryFolder()
	await (await openSqlite(join(data, 'dragoman.sqlite'))).close()
	return data
}

describe('keys create --history', () => {
	const create = async (mode: string) => {
		const data = await migratedFolder()
		const { status, stderr } = await runCommand(['keys', 'create', '--name', 'a', '--history', mode, '--data', data])
		const { stdout } = await runCommand(['keys', 'list', '--json', '--data', data])
		return { status, stderr, keys: JSON.parse(stdout) }
	}
	test('user-id is stored', async () => {
		const { status, stderr, keys } = await create('user-id')
		expect([status, stderr.includes('Warning')]).toEqual([0, false])
		expect(keys).toMatchObject([{ settings: { history: 'user-id' } }])
	})
	test('the former spelling means the same, with a warning', async () => {
		const { status, stderr, keys } = await create('albert')
		expect(status).toBe(0)
		expect(stderr.split('\n').filter((line) => line.startsWith('Warning'))).toEqual([
			'Warning: --history albert is deprecated: write --history user-id.',
		])
		expect(keys).toMatchObject([{ settings: { history: 'user-id' } }])
	})
	test('anything else is refused', async () => {
		const { status, stderr } = await runCommand(['keys', 'create', '--name', 'a', '--history', 'x'])
		expect([status, stderr]).toEqual([2, expect.stringContaining('Allowed choices are user-id, none.')])
	})
})

describe('without a database', () => {
	for (const command of commands)
		test(`${command.join(' ')} is an error and creates nothing`, async () => {
			const folder = await temporaryFolder()
			const data = join(folder, 'none')
			const { status, stdout, stderr } = await runCommand([...command, '--data', data])
			expect([status, stdout]).toEqual([1, ''])
			expect(stderr).toBe(
				`no database at ${data}/dragoman.sqlite (there is no such file); set --data or DRAGOMAN_DATA to the data folder of the running server, or start the server with --data ${data} first\n`,
			)
			expect(await readdir(folder)).toEqual([])
		})
	test('an existing data folder is not changed', async () => {
		const data = await temporaryFolder()
		await mkdir(join(data, 'models'))
		expect((await runCommand(['keys', 'list', '--data', data])).status).toBe(1)
		expect(await readdir(data)).toEqual(['models'])
	})
	test('a file of another program is not changed', async () => {
		const data = await temporaryFolder()
		for (const content of ['', 'not a database at all, but text that is long enough to be looked at']) {
			await writeFile(join(data, 'dragoman.sqlite'), content)
			const { status, stderr } = await runCommand(['keys', 'list', '--data', data])
			expect([status, stderr.split('\n').length]).toEqual([1, 2])
			expect(stderr).toContain(join(data, 'dragoman.sqlite'))
			expect(await readdir(data)).toEqual(['dragoman.sqlite', 'dragoman.sqlite.lock'])
			expect(await Bun.file(join(data, 'dragoman.sqlite')).text()).toBe(content)
		}
	})
	test('copy names the source and creates no target', async () => {
		const folder = await temporaryFolder()
		const [from, to] = [join(folder, 'from.sqlite'), join(folder, 'to.sqlite')]
		const { status, stderr } = await runCommand(['copy', '--from', `sqlite:${from}`, '--to', `sqlite:${to}`])
		expect([status, stderr]).toEqual([1, `no database at ${from} (there is no such file)\n`])
		expect(await readdir(folder)).toEqual([])
	})
	if (postgresServer !== undefined)
		test('in PostgreSQL, none of our tables is created', async () => {
			const [fresh, data] = [await freshDatabase(postgresServer as string), await temporaryFolder()]
			try {
				await writeFile(join(data, 'c.yaml'), `database: ${fresh.url}\nmodels: embedded\n`)
				const flags = ['--config', join(data, 'c.yaml'), '--data', join(data, 'none')]
				const [first, second] = [await runCommand(['keys', 'list', ...flags]), await runCommand(['usage', ...flags])]
				const { host, pathname } = new URL(fresh.url)
				for (const { status, stderr } of [first, second]) {
					expect(status).toBe(1)
					expect(stderr).toStartWith(`no database at ${host}${pathname} (it has no Dragoman tables); start the server`)
				}
				expect((await runCommand(['migrate', ...flags])).status).toBe(0)
				const { status, stderr } = await runCommand(['keys', 'create', '--name', 'a', ...flags])
				expect([status, stderr.split('\n')[0]]).toEqual([0, `Database: ${host}${pathname}`])
				expect(existsSync(join(data, 'none'))).toBe(false)
			} finally {
				await fresh.drop()
			}
		}, 30_000)
})

test('no key that a user creates keeps the operator from listing keys', async () => {
	const server = await startServer()
	try {
		for (const expires of [253_402_300_799, 253_402_300_800, 8_640_000_000_001, 100_000_000_000_000, 2 ** 53 - 1])
			await (await server.call('/opengatellm/v1/me/keys', { name: `expires ${expires}`, expires })).text()
		const { status, stdout, stderr } = await runCommand(['keys', 'list', '--data', server.data])
		expect([status, stderr.includes('Error')]).toEqual([0, false])
		expect(stdout).toContain('9999-12-31 23:59')
		expect(stdout).not.toContain('expires 253402300800')
	} finally {
		await server.stop()
	}
})

test('a database of an older version is not migrated by a command on keys', async () => {
	const data = await migratedFolder()
	const database = await openSqlite(join(data, 'dragoman.sqlite'))
	await undoStepsFrom(database.sql, '010-key-parents', 'SQLite')
	await database.close()
	const { status, stderr } = await runCommand(['keys', 'list', '--data', data])
	expect(status).toBe(1)
	expect(stderr).toContain('step 010-key-parents of its schema has not been applied')
	expect(stderr).toContain('dragoman migrate')
	expect(await readdir(data)).toEqual(['dragoman.sqlite', 'dragoman.sqlite.lock'])
})

test('the database that a command works on is named on standard error', async () => {
	const data = await migratedFolder()
	for (const command of commands) {
		const { status, stdout, stderr } = await runCommand([...command, '--data', data])
		expect([status, stderr.split('\n')[0]]).toEqual([0, `Database: ${data}/dragoman.sqlite`])
		if (command[1] === 'create') expect(stdout).toMatch(/^dgm-\S+\n$/)
	}
})

describe('names', () => {
	const refused: readonly (readonly [flag: string, value: string, reason: string])[] = [
		['--name', '', 'must not be empty'],
		['--tenant', '', 'must not be empty'],
		['--owner', '', 'must not be empty'],
		['--name', '   ', 'visible character'],
		['--tenant', '\u200b\u00a0', 'visible character'],
		['--name', 'a\u001b[31mb', 'control characters'],
		['--owner', 'a\nb', 'control characters'],
		['--name', 'x'.repeat(201), '201 characters; at most 200'],
	]
	test('that are unreadable are rejected', async () => {
		const data = await migratedFolder()
		for (const [flag, value, reason] of refused) {
			const name = flag === '--name' ? [] : ['--name', 'fine']
			const { status, stdout, stderr } = await runCommand(['keys', 'create', ...name, flag, value, '--data', data])
			expect([flag, value, status, stdout]).toEqual([flag, value, 2, ''])
			expect(stderr).toContain(reason)
		}
		expect(JSON.parse((await runCommand(['keys', 'list', '--json', '--data', data])).stdout)).toEqual([])
	}, 30_000)
	test('that two keys share cause a warning', async () => {
		const data = await migratedFolder()
		const create = () => runCommand(['keys', 'create', '--name', 'größe 漢字', '--data', data])
		const [first, second] = [await create(), await create()]
		expect([first.status, first.stderr.includes('Warning')]).toEqual([0, false])
		expect([second.status, second.stdout]).toEqual([0, expect.stringMatching(/^dgm-\S+\n$/)])
		const [{ id }] = JSON.parse((await runCommand(['keys', 'list', '--json', '--data', data])).stdout)
		expect(second.stderr).toContain(`Warning: key ${id} has the name 'größe 漢字' as well`)
		await runCommand(['keys', 'revoke', id, '--data', data])
		expect((await create()).stderr).toContain('Warning')
	})
})

test('a key is revoked by its complete secret, which no message repeats', async () => {
	const data = await migratedFolder()
	const secret = (await runCommand(['keys', 'create', '--name', 'leaked', '--data', data])).stdout.trim()
	const admin = 'an-operators-long-secret'
	const revoke = (which: string) => runCommand(['keys', 'revoke', which, '--data', data], { DRAGOMAN_ADMIN_KEY: admin })
	const revoked = await revoke(secret)
	expect(revoked.stderr).toContain("Key 'leaked'")
	const unknown = await revoke(`${secret}x`)
	expect(unknown.stderr).toContain(`There is no key '${secret.slice(0, 10)}…'`)
	const configured = await revoke(admin)
	expect(configured.stderr).toContain('the configured admin key')
	expect([revoked, unknown, configured].map(({ status }) => status)).toEqual([0, 1, 1])
	for (const { stderr } of [revoked, unknown, configured]) {
		expect(stderr).not.toContain(secret)
		expect(stderr).not.toContain(admin)
	}
})

describe("the operator's configured key", () => {
	const secret = 'an-operators-long-secret'
	const environment = { DRAGOMAN_ADMIN_KEY: secret }
	test('is one key across restarts and processes, and has a name', async () => {
		const data = await temporaryFolder()
		for (const args of [[], ['--workers', '2'], []]) {
			const server = await startServer({ data, environment, args })
			const body = { model: 'echo', messages: [{ role: 'user', content: 'hi' }] }
			const response = await server.call('/v1/chat/completions', body, { authorization: `Bearer ${secret}` })
			expect(response.status).toBe(200)
			await server.stop()
		}
		const run = (...command: readonly string[]) => runCommand([...command, '--data', data], environment)
		const [row, ...others] = JSON.parse((await run('usage', '--by', 'key', '--json')).stdout)
		expect([row, others]).toEqual([expect.objectContaining({ keyName: 'operator (configured)', requests: 3 }), []])
		expect(row.key).toMatch(/^key_[0-9a-f]{20}$/)
		const hash = new Bun.CryptoHasher('sha256').update(secret).digest('hex')
		expect(hash).not.toContain(row.key.slice(4))
		expect((await run('usage', '--by', 'key')).stdout).toMatch(new RegExp(`${row.key} +operator \\(configured\\) +3`))

		const listed = (await run('keys', 'list')).stdout
		expect(listed).toMatch(new RegExp(`^${row.key} +operator \\(configured\\) +admin`, 'm'))
		expect(listed).not.toContain(secret.slice(0, 4))
		const json = (await run('keys', 'list', '--json')).stdout
		expect(JSON.parse(json)).toEqual([expect.objectContaining({ id: row.key, configured: true, createdAtMs: null })])
		expect([json.includes(hash), json.includes(secret.slice(0, 4))]).toEqual([false, false])

		for (const which of [row.key, 'operator']) {
			const { status, stderr } = await run('keys', 'revoke', which)
			expect(status).toBe(1)
			expect(stderr).toContain('it is the configured admin key')
		}
		expect((await run('keys', 'create', '--name', 'operator')).stderr).toContain(`Warning: key ${row.key} has the name`)
		expect((await run('keys', 'revoke', 'operator')).status).toBe(0)
	}, 60_000)
	test('is another one when its secret changes', async () => {
		const data = await migratedFolder()
		const id = async (chosen: string) => {
			const { stdout } = await runCommand(['keys', 'list', '--json', '--data', data], { DRAGOMAN_ADMIN_KEY: chosen })
			return JSON.parse(stdout)[0].id
		}
		expect(await id('another-long-secret')).toBe(await id('another-long-secret'))
		expect(await id('another-long-secret')).not.toBe(await id('another-long-secreT'))
	})
})
