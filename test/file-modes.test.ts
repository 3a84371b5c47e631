// Only the owner of the data folder can use what is in it, whichever mode it was created with and whichever umask the
// commands inherit.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { chmod, lstat, mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ggufOf } from '../src/weights/weights.testing.ts'
import { runCommand, startServer, type TestServer, temporaryFolder } from './server.ts'

let umask: number

beforeAll(() => {
	umask = process.umask(0)
})
afterAll(() => {
	process.umask(umask)
})

/** A data folder that everybody can use, with files of a former version. */
async function openFolder(): Promise<string> {
	const folder = await temporaryFolder()
	await mkdir(join(folder, 'weights'), { mode: 0o777 })
	await mkdir(join(folder, 'streams'), { mode: 0o755 })
	await writeFile(join(folder, 'weights', 'model.gguf'), '', { mode: 0o644 })
	await writeFile(join(folder, 'dragoman.sqlite'), '', { mode: 0o666 })
	await chmod(folder, 0o777)
	return folder
}

/** Everything in a folder, with the permissions of the group and of others. */
async function foreignAccess(folder: string): Promise<Readonly<Record<string, string>>> {
	const entries = await readdir(folder, { recursive: true })
	const modes = await Promise.all(
		['.', ...entries].map(async (entry) => [entry, ((await lstat(join(folder, entry))).mode & 0o077).toString(8)]),
	)
	return Object.fromEntries(modes)
}

async function expectPrivate(folder: string, files: readonly string[]): Promise<void> {
	const found = await foreignAccess(folder)
	for (const file of files) expect(Object.keys(found).find((entry) => entry.startsWith(file))).toBeDefined()
	expect(found).toEqual(Object.fromEntries(Object.keys(found).map((entry) => [entry, '0'])))
}

const commands: readonly (readonly [args: readonly string[], files: readonly string[]])[] = [
	[['migrate'], ['dragoman.sqlite']],
	[['keys', 'create', '--name', 'k'], ['dragoman.sqlite']],
	[['keys', 'list'], ['dragoman.sqlite']],
	[['usage'], ['dragoman.sqlite']],
]

test('what commands create is private', async () => {
	const folder = join(await temporaryFolder(), 'data')
	for (const [args, files] of commands) {
		const { status, stderr } = await runCommand([...args, '--data', folder])
		expect({ args, status, stderr: status === 0 ? '' : stderr }).toEqual({ args, status: 0, stderr: '' })
		await expectPrivate(folder, files)
	}
})

test('weights from a server are private', async () => {
	const gguf = ggufOf(100_000)
	using hub = Bun.serve({
		port: 0,
		hostname: '127.0.0.1',
		fetch: ({ url }) => (url.endsWith('/m.gguf') ? new Response(gguf) : new Response('', { status: 404 })),
	})
	const folder = join(await temporaryFolder(), 'data')
	const pulled = await runCommand(['models', 'pull', 'hf:org/repo/m.gguf', '--data', folder], {
		HF_ENDPOINT: `http://127.0.0.1:${hub.port}`,
	})
	expect({ status: pulled.status, stderr: pulled.stderr }).toMatchObject({ status: 0 })
	await expectPrivate(folder, ['models'])
}, 60_000)

test('the folder of the engine is private, also if its installation fails', async () => {
	const folder = join(await temporaryFolder(), 'data')
	const { status } = await runCommand(['engine', 'install', '--data', folder], {
		npm_config_registry: 'http://127.0.0.1:1/',
		npm_config_cache: await temporaryFolder(),
		npm_config_fetch_retries: '0',
	})
	expect(status).toBe(1)
	await expectPrivate(folder, ['engine'])
}, 60_000)

test('backups, and what a restore creates, are private', async () => {
	const [data, backups] = [await openFolder(), join(await temporaryFolder(), 'backups')]
	await mkdir(backups, { mode: 0o755 })
	expect((await runCommand(['migrate', '--data', data])).status).toBe(0)
	const file = join(backups, 'b')
	expect((await runCommand(['backup', file, '--data', data])).status).toBe(0)
	await expectPrivateFile(file)
	// Copied by a program with another umask.
	await chmod(file, 0o644)
	expect((await runCommand(['restore', file, '--replace', '--data', data])).status).toBe(0)
	const [replaced = ''] = (await readdir(data)).filter((name) => name.startsWith('replaced-'))
	await expectPrivateFile(join(data, 'dragoman.sqlite'))
	await expectPrivateFile(join(data, replaced, 'dragoman.sqlite'))
	expect((await lstat(join(data, replaced))).mode & 0o777).toBe(0o700)
	const elsewhere = join(await temporaryFolder(), 'data')
	expect((await runCommand(['restore', file, '--data', elsewhere])).status).toBe(0)
	await expectPrivate(elsewhere, ['dragoman.sqlite'])
}, 60_000)

test('a database that others could read becomes private', async () => {
	const folder = await openFolder()
	expect((await runCommand(['migrate', '--data', folder])).status).toBe(0)
	await expectPrivateFile(join(folder, 'dragoman.sqlite'))
})

async function expectPrivateFile(file: string): Promise<void> {
	expect((await lstat(file)).mode & 0o777).toBe(0o600)
}

for (const workers of ['1', '2'])
	test(`what a server creates, and what it finds, is private (workers: ${workers})`, async () => {
		const data = await openFolder()
		const elsewhere = join(await temporaryFolder(), 'shared')
		await writeFile(elsewhere, '', { mode: 0o644 })
		await symlink(elsewhere, join(data, 'link'))
		const server = await startServer({ data, args: ['--workers', workers] })
		try {
			await use(server)
			const { link, ...found } = await foreignAccess(data)
			expect(link).toBeDefined()
			expect(found).toEqual(Object.fromEntries(Object.keys(found).map((entry) => [entry, '0'])))
			for (const file of [
				'dragoman.sqlite-wal',
				'dragoman.sqlite-shm',
				'journal',
				'streams',
				'first-key',
				'keys.changes',
			])
				expect({ file, found: Object.keys(found).some((entry) => entry.startsWith(file)) }).toEqual({
					file,
					found: true,
				})
			// A file outside of the folder may be shared.
			expect((await lstat(elsewhere)).mode & 0o777).toBe(0o644)
		} finally {
			await server.stop()
		}
	}, 60_000)

/** Stores a turn, a background response with its stream, and usage. */
async function use(server: TestServer): Promise<void> {
	const model = 'echo'
	const stored = await server.call(
		'/v1/chat/completions',
		{ model, messages: [{ role: 'user', content: 'hi' }] },
		{ 'x-dragoman-conversation': 'new' },
	)
	expect(stored.status).toBe(200)
	const background = await server.call('/v1/responses', { model, input: 'hi', background: true })
	expect(background.status).toBe(200)
}
