// Wrong keys, weak keys and keys of keys at a running server.

import { afterEach, describe, expect, test } from 'bun:test'
import { rm } from 'node:fs/promises'
import { createKey } from '../src/keys/key.ts'
import { runCommand, startServer, type TestServer, temporaryFolder } from './server.ts'

const admin = '3f9c0e7a51b2d84466e1f07c9a8b3d52'
const opened: TestServer[] = []
const folders: string[] = []
afterEach(async () => {
	await Promise.all(opened.splice(0).map((server) => server.stop()))
	await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })))
})

async function serve(options: Partial<Parameters<typeof startServer>[0]> = {}) {
	const data = await temporaryFolder()
	folders.push(data)
	const environment = { DRAGOMAN_ADMIN_KEY: admin }
	const server = await startServer({ data, environment, ...options })
	opened.push(server)
	const call = (path: string, key: string, init: RequestInit = {}) =>
		fetch(`${server.url}${path}`, { ...init, headers: { authorization: `Bearer ${key}`, ...init.headers } })
	return { data, call, run: (...args: readonly string[]) => runCommand([...args, '--data', data], environment) }
}

const wrong = () => createKey({ name: 'a', role: 'user' }, 1).secret
const config = 'keys: { wrongPerMinute: 3 }\nmodels: { echo: { route: [e] } }\nupstreams: { e: { engine: echo } }\n'

test.each(['/v1/models', '/anthropic/v1/models', '/opengatellm/v1/models'])(
	'guesses at %s are refused with Retry-After, and a correct key is accepted from the same address',
	async (path) => {
		const { call } = await serve({ config })
		const statuses: number[] = []
		for (let count = 0; count < 3; count++) statuses.push((await call(path, wrong())).status)
		expect(new Set(statuses)).toEqual(new Set([401]))
		const refused = await call(path, wrong())
		expect(refused.status).toBe(429)
		expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
		expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60)
		expect((await call(path, admin)).status).toBe(200)
		expect((await call(path, wrong())).status).toBe(429)
	},
	30_000,
)

test('a key that a key created ends with it in every process, and lists name its parent', async () => {
	const { call, run } = await serve({ args: ['--workers', '2'] })
	const parent = (await run('keys', 'create', '--name', 'parent')).stdout.trim()
	const create = async (key: string, name: string) =>
		(await (await call('/opengatellm/v1/keys', key, { method: 'POST', body: JSON.stringify({ name }) })).json()) as {
			readonly id: string
			readonly value: string
			readonly parent: string
		}
	const child = await create(parent, 'child')
	const grandchild = await create(child.value, 'grandchild')
	expect(grandchild.parent).toBe(child.id)
	// Both processes have the keys in their caches.
	const statuses = async () => {
		const all = [parent, child.value, grandchild.value].flatMap((key) => Array.from({ length: 8 }, () => key))
		return new Set(await Promise.all(all.map(async (key) => (await call('/v1/models', key)).status)))
	}
	expect(await statuses()).toEqual(new Set([200]))
	const listed = (await run('keys', 'list')).stdout
	expect(listed).toMatch(new RegExp(`^${grandchild.id} .* ${child.id}$`, 'm'))
	expect((await run('keys', 'revoke', 'parent')).stderr).toContain('and with it 2 keys that it created')
	expect(await statuses()).toEqual(new Set([401]))
}, 60_000)

test('keys that an admin key created end when it is replaced', async () => {
	const { data, call } = await serve()
	const body = JSON.stringify({ name: 'child' })
	const { value } = (await (await call('/opengatellm/v1/keys', admin, { method: 'POST', body })).json()) as {
		readonly value: string
	}
	expect((await call('/v1/models', value)).status).toBe(200)
	await opened.pop()?.stop()
	const next = await serve({ data, environment: { DRAGOMAN_ADMIN_KEY: '7c1d9b60f2a34e5588d0c6b1a9e3f742' } })
	expect((await next.call('/v1/models', value)).status).toBe(401)
}, 60_000)

describe('a weak admin key', () => {
	const start = async (listen: string, key: string) => {
		const data = await temporaryFolder()
		folders.push(data)
		return runCommand(['config', 'check', '--data', data], { DRAGOMAN_ADMIN_KEY: key, DRAGOMAN_LISTEN: listen })
	}
	test.each(['0.0.0.0:8080', '[::]:8080', '192.0.2.1:8080', 'chat.example.org:80'])(
		'is refused on %s',
		async (listen) => {
			const { status, stderr } = await start(listen, 'changemechangeme')
			expect(status).toBe(78)
			expect(stderr).toContain('DRAGOMAN_ADMIN_KEY')
			expect(stderr).toContain('openssl rand -hex 32')
			expect(stderr).not.toContain('changeme')
			expect((await start(listen, admin)).status).toBe(0)
		},
		30_000,
	)
	test.each(['127.0.0.1:8080', 'localhost:8080', '[::1]:8080'])(
		'is accepted with a warning on %s',
		async (listen) => {
			const { status, stderr } = await start(listen, 'changemechangeme')
			expect(status).toBe(0)
			expect(stderr).toContain('openssl rand -hex 32')
			expect((await start(listen, admin)).stderr).not.toContain('openssl')
		},
		30_000,
	)
})
