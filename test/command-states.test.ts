// Every command in a state of the machine in which it cannot work, or not completely: no database, a locked one, no
// permission, standard output that cannot be written, and Ctrl-C.

import { Database } from 'bun:sqlite'
import { beforeAll, describe, expect, test } from 'bun:test'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { commandLeaves, completeWords, failCommand, hasOption, nameOf } from './command-tree.ts'
import { root, runCommand, runProcess, startServer, temporaryFolder } from './server.ts'

const main = join(root, 'src', 'main.ts')

/** Commands that use an existing database. `usage quarantine list` and `export` read files only. */
const databaseUsers = commandLeaves.filter((leaf) =>
	/^(keys (create|list|revoke)|usage|usage quarantine retry|backup)$/.test(nameOf(leaf)),
)

/** `--json` if the command has it. */
const asJson = (leaf: (typeof commandLeaves)[number]) => (hasOption(leaf, '--json') ? ['--json'] : [])

test('there are commands that use a database', () => {
	expect(databaseUsers).toHaveLength(6)
})

describe('without a database', () => {
	for (const leaf of databaseUsers)
		test(nameOf(leaf), async () => {
			const data = join(await temporaryFolder(), 'none')
			const stderr = await failCommand([...completeWords(leaf), ...asJson(leaf), '--data', data], {}, 1)
			expect(stderr).toContain(join(data, 'dragoman.sqlite'))
			expect(stderr).toMatch(/set --data or DRAGOMAN_DATA to .*, or start the server with --data .* first\n$/)
			expect(stderr.trim().split('\n')).toHaveLength(1)
		})
})

describe('with a database server that cannot be reached', () => {
	for (const leaf of databaseUsers.filter((one) => nameOf(one) !== 'backup'))
		test(nameOf(leaf), async () => {
			const folder = await temporaryFolder()
			const config = join(folder, 'dragoman.yaml')
			await writeFile(config, 'models: embedded\ndatabase: "postgres://ada:secret-one@127.0.0.1:1/x"\n')
			const stderr = await failCommand([...completeWords(leaf), '--config', config, '--data', folder], {}, 1)
			expect(stderr).toContain('127.0.0.1:1/x')
			expect(stderr).not.toContain('secret-one')
		})
})

test('with a database that another program has locked', async () => {
	const data = await temporaryFolder()
	await runCommand(['migrate', '--data', data])
	const database = new Database(join(data, 'dragoman.sqlite'))
	database.run('BEGIN IMMEDIATE')
	expect(await failCommand(['keys', 'create', '--name', 'x', '--data', data], {}, 1)).toMatch(
		/database is locked\. Another program holds a lock on it: end that program, or repeat the command\.\n$/,
	)
	const list = await runCommand(['keys', 'list', '--json', '--data', data])
	expect([list.status, list.stdout]).toEqual([0, '[]\n'])
	database.run('ROLLBACK')
	database.close()
	expect((await runCommand(['keys', 'create', '--name', 'x', '--data', data])).status).toBe(0)
})

/** Another user, who may read the program. */
const foreign = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, main]
const canChangeUser =
	process.getuid?.() === 0 && Bun.spawnSync([...foreign, '--version'], { stderr: 'ignore' }).exitCode === 0

describe.skipIf(!canChangeUser)('as a user without permission for the data folder', () => {
	const users = commandLeaves.filter((leaf) =>
		/^(keys (create|list|revoke)|usage|usage quarantine (list|export|retry)|backup|serve|migrate)$/.test(nameOf(leaf)),
	)
	let data: string
	beforeAll(async () => {
		data = await temporaryFolder()
		await runCommand(['migrate', '--data', data])
		await chmod(data, 0o700)
	})
	for (const leaf of users)
		test(nameOf(leaf), async () => {
			const { status, stderr } = await runProcess([...foreign, ...completeWords(leaf), '--data', data], {
				cwd: '/',
				timeout: 30_000,
			})
			expect({ status, stderr }).toEqual({
				status: 1,
				stderr: expect.stringMatching(/permission denied|not permitted/),
			})
			expect(stderr).toContain(data)
			expect(stderr).not.toMatch(/\n\s+at |^\s*\d+ \| /m)
		})
})

test.skipIf(process.platform !== 'linux')('with a full disk at standard output: status 1, and the reason', async () => {
	const server = await startServer()
	const data = ['--data', server.data]
	const outputs: readonly (readonly string[])[] = [
		['--help'],
		['--version'],
		['keys', 'create', '--help'],
		['config', 'schema'],
		['config', 'check', ...data],
		['keys', 'list', '--json', ...data],
		['keys', 'create', '--name', 'x', ...data],
		['usage', '--json', ...data],
		['usage', 'quarantine', 'export', ...data],
		['models', 'list'],
		['doctor', ...data],
		['status', '--url', server.url],
		['run', 'echo', 'hello', '--url', server.url, '--key', server.key],
		['completion', 'bash'],
	]
	for (const args of outputs) {
		const words = [process.execPath, main, ...args].map((word) => `'${word}'`).join(' ')
		const { status, stderr } = await runProcess(['sh', '-c', `${words} > /dev/full`], { timeout: 30_000 })
		expect({ args, status }).toEqual({ args, status: 1 })
		expect(stderr).toContain('Standard output cannot be written: ')
		expect(stderr).not.toMatch(/\n\s+at /)
	}
	await server.stop()
})

test('Ctrl-C ends a command that waits for a server, without a stack trace', async () => {
	for (const args of [['status'], ['status', '--json'], ['run', 'm', 'hi'], ['launch', 'codex']]) {
		const reached = Promise.withResolvers<void>()
		const silent = Bun.serve({
			hostname: '127.0.0.1',
			port: 0,
			fetch: () => {
				reached.resolve()
				return new Promise<Response>(() => undefined)
			},
		})
		const folder = await temporaryFolder()
		await writeFile(join(folder, 'codex'), '#!/bin/sh\n', { mode: 0o755 })
		const child = Bun.spawn(
			[process.execPath, main, ...args, '--url', `http://127.0.0.1:${silent.port}`, '--key', 'k'],
			{
				env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
				stdout: 'pipe',
				stderr: 'pipe',
			},
		)
		await reached.promise
		child.kill('SIGINT')
		await child.exited
		expect([args, child.signalCode === 'SIGINT' || child.exitCode === 130]).toEqual([args, true])
		expect(await new Response(child.stderr).text()).not.toMatch(/\n\s+at /)
		expect(await new Response(child.stdout).text()).toBe('')
		await silent.stop(true)
	}
})
