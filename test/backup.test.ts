// dragoman backup and restore as commands, with servers: each command of docs/backup.md, in the order of the page.

import { Database } from 'bun:sqlite'
import { afterAll, expect, test } from 'bun:test'
import { copyFile, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { freshDatabase, postgresServer } from '../src/stores/postgres/server.testing.ts'
import { eventually } from './faults/gateway.ts'
import { startHeldGateway } from './faults/turn-ends.ts'
import { root, runCommand, runProcess, startServer, type TestServer, temporaryFolder } from './server.ts'
import { mountSmallDisk } from './small-disk.testing.ts'

const page = await readFile(join(root, 'docs', 'backup.md'), 'utf8')
/** The commands of the page. */
const documented = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) => block.trim().split('\n'))
const disk = await mountSmallDisk('1m')
afterAll(() => disk?.unmount())

/** Runs a documented command with another folder for backups. */
function runDocumented(command: string, backups: string, environment: Readonly<Record<string, string>>) {
	expect(documented).toContain(command)
	const functions = `dragoman() { '${process.execPath}' '${join(root, 'src', 'main.ts')}' "$@"; }`
	return runProcess(['bash', '-c', `${functions}\n${command.replaceAll('/backup/', `${backups}/`)}`], {
		env: { ...process.env, ...environment },
	})
}

async function converse({ call }: TestServer, text: string): Promise<string> {
	const response = await call(
		'/v1/chat/completions',
		{ model: 'echo', messages: [{ role: 'user', content: text }] },
		{ 'x-dragoman-conversation': 'new' },
	)
	expect(response.status).toBe(200)
	return response.headers.get('x-dragoman-conversation') ?? ''
}

const yesterday = Math.floor(Date.now() / 1000) - 86_400

async function countRequests({ call }: TestServer): Promise<number> {
	const report = (await (await call(`/v1/organization/usage/completions?start_time=${yesterday}`)).json()) as {
		readonly data: readonly { readonly results: readonly { readonly num_model_requests: number }[] }[]
	}
	return report.data
		.flatMap(({ results }) => results)
		.reduce((sum, { num_model_requests }) => sum + num_model_requests, 0)
}

/** The status of requests for conversations. */
async function statuses({ url }: TestServer, key: string, ids: readonly string[]): Promise<readonly number[]> {
	const headers = { authorization: `Bearer ${key}` }
	return Promise.all(ids.map(async (id) => (await fetch(`${url}/v1/conversations/${id}/export`, { headers })).status))
}

test('every command of the page runs, and a restored server has the state of the backup', async () => {
	const backups = await temporaryFolder()
	const server = await startServer({ data: await temporaryFolder() })
	const { data, key } = server
	const run = (command: string, to = data) => runDocumented(command, backups, { DRAGOMAN_DATA: to })
	const before = await converse(server, 'before')
	expect(await countRequests(server)).toBe(1)
	expect(await run('dragoman backup /backup/dragoman.sqlite')).toMatchObject({ status: 0 })
	const again = await run('dragoman backup /backup/dragoman.sqlite')
	expect([again.status, again.stderr]).toEqual([
		1,
		`${backups}/dragoman.sqlite exists: choose another name, or replace it with --force.\n`,
	])
	const after = await converse(server, 'after')
	expect(await countRequests(server)).toBe(2)
	expect(await run('dragoman backup "/backup/dragoman-$(date +%F).sqlite"')).toMatchObject({ status: 0 })
	expect(await run('dragoman restore /backup/dragoman.sqlite --replace')).toMatchObject({ status: 1 })
	expect((await run('dragoman restore /backup/dragoman.sqlite --replace')).stderr).toContain('is in use')
	await server.stop()
	expect((await run('dragoman restore /backup/dragoman.sqlite')).stderr).toContain('--replace sets it aside')
	expect(await run('dragoman restore /backup/dragoman.sqlite --replace')).toMatchObject({ status: 0 })

	const restored = await startServer({ data })
	expect(restored.key).toBe(key)
	expect(await statuses(restored, key, [before, after])).toEqual([200, 404])
	await restored.stop()
	const [replaced = ''] = (await readdir(data)).filter((name) => name.startsWith('replaced-'))
	expect(await readdir(join(data, replaced))).toEqual(expect.arrayContaining(['dragoman.sqlite', 'streams']))

	const elsewhere = await temporaryFolder()
	expect(await run('dragoman backup /backup/dragoman.sqlite --force')).toMatchObject({ status: 0 })
	expect(await run('dragoman restore /backup/dragoman.sqlite', elsewhere)).toMatchObject({ status: 0 })
	const moved = await startServer({ data: elsewhere })
	expect(await statuses(moved, key, [before, after])).toEqual([200, 404])
	await moved.stop()
	expect(documented.filter((command) => command.startsWith('dragoman ')).toSorted()).toEqual(
		[
			'dragoman backup "/backup/dragoman-$(date +%F).sqlite"',
			'dragoman backup /backup/dragoman.sqlite',
			'dragoman backup /backup/dragoman.sqlite --force',
			'dragoman restore /backup/dragoman.sqlite',
			'dragoman restore /backup/dragoman.sqlite --replace',
		].toSorted(),
	)
}, 120_000)

test('calls in the journal of a killed server are billed once after a restore', async () => {
	const [server, backups] = [await startServer({ data: await temporaryFolder() }), await temporaryFolder()]
	const { data, key } = server
	const file = join(backups, 'b')
	const first = await converse(server, 'first')
	expect(await countRequests(server)).toBe(1)
	expect((await runCommand(['backup', file, '--data', data])).status).toBe(0)
	const second = await converse(server, 'second')
	expect(await countRequests(server)).toBe(2)
	await server.stop('SIGKILL')

	await copyFile(file, join(data, 'dragoman.sqlite'))
	const refused = await runCommand(['serve', '--listen', '127.0.0.1:0', '--data', data])
	expect(refused.status).toBe(1)
	expect(refused.stderr).toContain('does not belong to the database')
	expect(refused.stderr).not.toContain(' at ')
	expect(await readFile(join(data, 'dragoman.sqlite'))).toEqual(await readFile(file))

	for (let restores = 0; restores < 2; restores++) {
		expect((await runCommand(['restore', file, '--replace', '--data', data])).status).toBe(0)
		const restored = await startServer({ data })
		const headers = { authorization: `Bearer ${key}` }
		const call: TestServer['call'] = (path) => fetch(restored.url + path, { headers })
		// Both calls took place; the first restore recovers the journal, which is empty afterwards.
		expect(await countRequests({ ...restored, call })).toBe(restores === 0 ? 2 : 1)
		expect(await statuses(restored, key, [first, second])).toEqual([200, 404])
		await restored.stop()
	}
}, 120_000)

test('an answer that ended after the backup does not enter the restored database', async () => {
	const [gateway, backups] = [
		await startHeldGateway('sqlite', { data: await temporaryFolder() }),
		await temporaryFolder(),
	]
	const { server, upstream } = gateway
	const { data, key } = server
	const file = join(backups, 'b')
	const response = await server.call('/v1/responses', { model: 'held', input: 'one', background: true })
	const { id } = (await response.json()) as { readonly id: string }
	await upstream.begun('one')
	expect((await runCommand(['backup', file, '--data', data])).status).toBe(0)
	const foreign = new Database(join(data, 'dragoman.sqlite'))
	foreign.run('PRAGMA busy_timeout = 5000')
	foreign.run('BEGIN EXCLUSIVE')
	upstream.release('one')
	await eventually(
		'file of the end',
		async () => (await readdir(join(data, 'turns'))).some((name) => name.endsWith('.json')),
		15_000,
	)
	await server.stop('SIGKILL')
	foreign.close()
	expect((await runCommand(['restore', file, '--replace', '--data', data])).status).toBe(0)

	const restored = await startServer({ data })
	const found = await fetch(`${restored.url}/v1/responses/${id}`, { headers: { authorization: `Bearer ${key}` } })
	expect(await found.json()).toMatchObject({ status: 'failed', output: [] })
	await restored.stop()
	await gateway.close()
}, 60_000)

test('a backup that is interrupted leaves no file', async () => {
	const [data, backups] = [await temporaryFolder(), await temporaryFolder()]
	expect((await runCommand(['migrate', '--data', data])).status).toBe(0)
	const main = join(root, 'src', 'main.ts')
	const file = join(backups, 'b')
	const child = Bun.spawn([process.execPath, main, 'backup', file, '--data', data], { stderr: 'pipe' })
	// Whenever the signal arrives, the file is complete or absent.
	child.kill('SIGTERM')
	await child.exited
	expect((await readdir(backups)).filter((name) => name !== 'b')).toEqual([])
	expect([0, 143]).toContain(child.exitCode ?? 143)
}, 60_000)

test.skipIf(disk === undefined)(
	'a full disk leaves no part of a backup or of a restore',
	async () => {
		const [server, small] = [await startServer({ data: await temporaryFolder() }), disk?.folder ?? '']
		const { data } = server
		for (let count = 0; count < 60; count++) await converse(server, `${count} `.padEnd(16_000, 'x'))
		await server.stop()
		const backup = await runCommand(['backup', join(small, 'b'), '--data', data])
		expect([backup.status, backup.stderr]).toEqual([
			1,
			`The backup ${small}/b cannot be written: no space left on the device (database or disk is full)\n`,
		])
		expect(await readdir(small)).toEqual([])
		const file = join(await temporaryFolder(), 'b')
		expect((await runCommand(['backup', file, '--data', data])).status).toBe(0)
		const restore = await runCommand(['restore', file, '--data', join(small, 'data')])
		expect([restore.status, restore.stderr.split('\n').at(-2)]).toEqual([
			1,
			expect.stringMatching(/ cannot be restored: .*no space left on the device/),
		])
		expect((await readdir(join(small, 'data'))).filter((name) => name !== 'dragoman.sqlite.lock')).toEqual([])
		await rm(join(small, 'data'), { recursive: true })
		expect((await stat(file)).size).toBeGreaterThan(1_048_576)
	},
	120_000,
)

if (postgresServer !== undefined) {
	const server = postgresServer
	test('PostgreSQL is backed up and restored with its own tools', async () => {
		const [fresh, data, backups] = [await freshDatabase(server), await temporaryFolder(), await temporaryFolder()]
		const restoredName = `restored_${crypto.randomUUID().replaceAll('-', '')}`
		const restoredUrl = new URL(fresh.url)
		restoredUrl.pathname = `/${restoredName}`
		const config = await readFile(join(root, 'examples', 'echo.yaml'), 'utf8')
		const first = await startServer({ data, config: `${config}\ndatabase: ${fresh.url}\n` })
		const environment = { DATABASE_URL: fresh.url, RESTORED_URL: restoredUrl.href }
		const commands = documented.filter((command) => !command.startsWith('dragoman '))
		expect(commands.map((command) => command.split(' ')[0])).toEqual(['pg_dump', 'createdb', 'pg_restore'])
		const [dump = '', create = '', restore = ''] = commands
		try {
			const before = await converse(first, 'before')
			for (const command of ['backup', 'restore']) {
				const refused = await runCommand([command, join(backups, 'b'), '--config', join(data, 'config.yaml')])
				expect(refused.status).toBe(1)
				expect(refused.stderr).toEndWith('is backed up and restored with pg_dump and pg_restore: see docs/backup.md.\n')
			}
			expect(await runDocumented(dump, backups, environment)).toMatchObject({ status: 0, stderr: '' })
			const after = await converse(first, 'after')
			await first.stop()
			expect(create).toEndWith(' dragoman_restored')
			const creating = await runProcess(['bash', '-c', create.replace('dragoman_restored', restoredName)], {
				env: { ...process.env, ...environment },
			})
			expect(creating).toMatchObject({ status: 0, stderr: '' })
			expect(await runDocumented(restore, backups, environment)).toMatchObject({ status: 0, stderr: '' })
			const second = await startServer({ data, config: `${config}\ndatabase: ${restoredUrl.href}\n` })
			expect(await statuses(second, first.key, [before, after])).toEqual([200, 404])
			await second.stop()
		} finally {
			await runProcess(['psql', fresh.url, '-c', `DROP DATABASE IF EXISTS ${restoredName} WITH (FORCE)`])
			await fresh.drop()
		}
	}, 120_000)
}
