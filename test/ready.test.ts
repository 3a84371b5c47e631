// GET /ready: what a server must be able to do to receive requests, what it reports if it cannot, and that it recovers
// by itself.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freshDatabase, postgresServer } from '../src/stores/postgres/server.testing.ts'
import { Relay } from './postgres/relay.testing.ts'
import { runCommand, startServer, type TestServer, temporaryFolder } from './server.ts'
import { mountSmallDisk } from './small-disk.testing.ts'

interface ReadyBody {
	readonly status: string
	readonly models: readonly { readonly id: string; readonly status: string; readonly note?: string }[]
	readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly reason?: string }>>
}

async function readReady(server: TestServer, query = '') {
	const response = await fetch(`${server.url}/ready${query}`)
	return { code: response.status, ...((await response.json()) as ReadyBody) }
}

/** Resolves with the body as soon as `/ready` answers `code`. */
async function becomes(server: TestServer, code: number, withinMs = 10_000) {
	for (const untilMs = performance.now() + withinMs; ; ) {
		const state = await readReady(server)
		if (state.code === code) return state
		if (performance.now() > untilMs) throw new Error(`/ready stays ${state.code}: ${JSON.stringify(state)}`)
		await Bun.sleep(20)
	}
}

const chat = (server: TestServer, model = 'echo', headers = {}) =>
	server.call('/v1/chat/completions', { model, messages: [{ role: 'user', content: 'hi' }] }, headers)

/** Two seconds on an idle machine. */
const recoveryMs = 10_000

describe('models', () => {
	const withMissing = (required: string) => `
download: false
engineFolder: /nowhere/secret engine
models:
  echo: { route: [echo] }
  missing: { route: [gone], retry: { attempts: 1 }${required} }
upstreams:
  echo: { engine: echo }
  gone: { engine: llama, model: /nowhere/secret folder/model.gguf }
`
	test('one that can answer is enough, and one that failed is listed without a path', async () => {
		const server = await startServer({ config: withMissing('') })
		let state = await becomes(server, 200)
		while (state.models[1]?.status === 'starting') state = await readReady(server)
		expect(state).toMatchObject({
			code: 200,
			status: 'ready',
			models: [
				{ id: 'echo', status: 'ready', required: false },
				{ id: 'missing', status: 'failed', required: false, note: expect.any(String) },
			],
			checks: { database: { ok: true }, journal: { ok: true }, disk: { ok: true } },
		})
		const listed = await (await server.call('/v1/models')).text()
		const refused = await chat(server, 'missing')
		expect(refused.status).toBe(503)
		for (const text of [JSON.stringify(state), listed, await refused.text()]) expect(text).not.toContain('nowhere')
		await server.stop()
	})
	test('one that is required and failed makes the server not ready', async () => {
		const server = await startServer({ config: withMissing(', required: true') })
		let state = await readReady(server)
		while (state.status === 'starting') state = await readReady(server)
		expect(state).toMatchObject({ code: 503, status: 'failed' })
		expect(state.models[1]).toMatchObject({ id: 'missing', status: 'failed', required: true })
		await server.stop()
	})

	describe('an upstream', () => {
		let broken = false
		const upstream = Bun.serve({
			port: 0,
			hostname: '127.0.0.1',
			fetch: () =>
				broken
					? new Response('no', { status: 500 })
					: Response.json({
							id: 'x',
							object: 'chat.completion',
							created: 1,
							model: 'm',
							choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'hello' } }],
							usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
						}),
		})
		afterAll(() => upstream.stop(true))
		const config = (options: string) => `
models: { far: { route: [far], retry: { attempts: 1 } } }
upstreams: { far: { engine: openai-compatible, url: "http://127.0.0.1:${upstream.port}/v1", ${options} } }
`
		test('whose health checks fail, the server is not ready until they pass again', async () => {
			broken = true
			const server = await startServer({ config: config('health: { intervalMs: 50, unhealthyAfter: 2 }') })
			const state = await becomes(server, 503)
			expect(state).toMatchObject({
				status: 'failed',
				models: [{ id: 'far', status: 'failed', note: 'the health checks of its upstream fail' }],
			})
			expect(JSON.stringify(state)).not.toContain('127.0.0.1')
			broken = false
			await becomes(server, 200, recoveryMs)
			await server.stop()
		})
		test('whose breaker is open, the server is not ready, and is again without any request', async () => {
			broken = false
			const server = await startServer({ config: config('breaker: { failures: 2, openMs: 3000 }') })
			expect([(await chat(server, 'far')).status, (await readReady(server)).code]).toEqual([200, 200])
			broken = true
			expect((await chat(server, 'far')).status).toBe(502)
			expect((await readReady(server)).code).toBe(200)
			expect((await chat(server, 'far')).status).toBe(502)
			expect(await readReady(server)).toMatchObject({ code: 503, status: 'failed', models: [{ status: 'failed' }] })
			broken = false
			await becomes(server, 200, recoveryMs)
			expect((await chat(server, 'far')).status).toBe(200)
			await server.stop()
		})
	})
})

describe('the journal', () => {
	let server: TestServer
	beforeAll(async () => {
		server = await startServer()
	})
	afterAll(() => server.stop())
	const journalFault = { journal: { ok: false, reason: 'usage records cannot be written' } }

	test('that cannot be written makes the server not ready, until it can', async () => {
		const folder = join(server.data, 'journal')
		await rename(folder, join(server.data, 'away'))
		await writeFile(folder, 'a file in the place of the folder')
		const state = await becomes(server, 503)
		expect(state).toMatchObject({ status: 'failed', checks: { ...journalFault, disk: { ok: true } } })
		expect(JSON.stringify(state)).not.toContain(server.data)
		await rm(folder)
		await becomes(server, 200, recoveryMs)
		expect((await chat(server)).status).toBe(200)
		const files = (await readdir(folder)).map((file) => file.replace(/^.*\./, '')).sort()
		expect(files).toEqual(['journal', 'lock'])
		await rm(join(server.data, 'away'), { recursive: true })
	})
	test('on a lost disk is not recreated at the mount point, so that the disk can be mounted again', async () => {
		const other = await startServer({ data: await temporaryFolder() })
		expect((await chat(other)).status).toBe(200)
		await rename(other.data, `${other.data}-away`)
		// The restoration of the journal has been attempted by then.
		while (JSON.stringify(await readReady(other)).includes('"journal":{"ok":true}')) await Bun.sleep(50)
		expect(existsSync(other.data)).toBe(false)
		await rename(`${other.data}-away`, other.data)
		await becomes(other, 200, recoveryMs)
		await other.stop()
	})
	test('that was removed is recreated, and recovered when the process dies', async () => {
		const other = await startServer({ data: await temporaryFolder() })
		expect((await chat(other)).status).toBe(200)
		await rm(join(other.data, 'journal'), { recursive: true })
		while (!existsSync(join(other.data, 'journal'))) {
			await readReady(other)
			await Bun.sleep(20)
		}
		expect((await readReady(other)).code).toBe(200)
		const requests = async () => {
			const { stdout } = await runCommand(['usage', '--by', 'model', '--json', '--data', other.data])
			return JSON.parse(stdout).map(({ requests }: { requests: number }) => requests)
		}
		while ((await requests()).length === 0);
		const open = other.call('/v1/chat/completions', {
			model: 'echo',
			stream: true,
			messages: [{ role: 'user', content: 'echo:delay 50\none two three four five six seven eight nine ten' }],
		})
		const reader = (await open).body?.getReader()
		await reader?.read()
		await other.stop('SIGKILL')
		await reader?.cancel().catch(() => undefined)
		const next = await startServer({ data: other.data })
		expect(await requests()).toEqual([2])
		await next.stop()
	})
})

test('a missing database file makes the server not ready, unless the check is excluded', async () => {
	const server = await startServer()
	const file = join(server.data, 'dragoman.sqlite')
	await rename(file, `${file}.away`)
	const state = await becomes(server, 503)
	expect(state.checks).toEqual({
		database: { ok: false, reason: 'the database cannot be reached' },
		journal: { ok: true },
		disk: { ok: true },
	})
	expect((await readReady(server, '?exclude=database')).code).toBe(200)
	expect((await readReady(server, '?exclude=journal&exclude=database')).code).toBe(200)
	expect((await readReady(server, '?exclude=journal')).code).toBe(503)
	const refused = await fetch(`${server.url}/ready?exclude=databse`)
	expect([refused.status, await refused.json()]).toEqual([
		400,
		{ error: 'exclude=databse: no such check; the checks are database, journal, disk' },
	])
	await rename(`${file}.away`, file)
	await becomes(server, 200, recoveryMs)
	await server.stop()
})

const small = await mountSmallDisk()
afterAll(() => small?.unmount())

test.skipIf(small === undefined)(
	'a full disk makes the server not ready, fills no log, and heals (skipped where no tmpfs can be mounted)',
	async () => {
		const data = join(small?.folder ?? '', 'data')
		await mkdir(data)
		const server = await startServer({ data })
		await becomes(server, 200)
		small?.fill()
		const state = await becomes(server, 503, recoveryMs)
		expect(state.checks.disk).toEqual({ ok: false, reason: 'the disk of the data folder is full' })
		expect(JSON.stringify(state)).not.toContain(data)

		const statuses = new Map<number, number>()
		const count = async (headers = {}) => {
			const { status } = await chat(server, 'echo', headers)
			statuses.set(status, (statuses.get(status) ?? 0) + 1)
		}
		for (let call = 0; call < 150; call++) await count(call % 10 === 0 ? { 'x-dragoman-conversation': 'new' } : {})
		expect(statuses.get(503) ?? 0).toBeGreaterThan(100)
		while ((await readReady(server)).checks.journal?.ok !== false) await Bun.sleep(20)

		await small?.free()
		const recovered = await becomes(server, 200, recoveryMs)
		expect(recovered.checks).toEqual({ database: { ok: true }, journal: { ok: true }, disk: { ok: true } })
		expect((await chat(server, 'echo', { 'x-dragoman-conversation': 'new' })).status).toBe(200)
		await server.stop()

		const lines = server
			.log()
			.trim()
			.split('\n')
			.map((line) => JSON.parse(line) as { level: number; msg: string })
		expect(lines.filter(({ msg }) => msg === 'request').length).toBe(151)
		const errors = lines.filter(({ level }) => level >= 50).map(({ msg }) => msg)
		expect(errors).toEqual(['recording the end of a call failed'])
		const warnings = lines.filter(({ level, msg }) => level === 40 && msg !== 'request').map(({ msg }) => msg)
		expect(warnings.toSorted()).toEqual([...new Set(warnings)].toSorted())
		expect(warnings).toContain('not ready: the disk of the data folder is full')
		const usage = await runCommand(['usage', '--by', 'model', '--json', '--data', data])
		expect(JSON.parse(usage.stdout)[0].requests).toBeGreaterThan(0)
	},
	30_000,
)

if (postgresServer !== undefined)
	test('an unavailable PostgreSQL server makes the server not ready until it returns; chat continues', async () => {
		const fresh = await freshDatabase(postgresServer as string)
		const relay = new Relay(fresh.url)
		await relay.restore()
		const server = await startServer({
			config: `database: ${relay.url}\nmodels: { echo: { route: [echo] } }\nupstreams: { echo: { engine: echo } }\n`,
		})
		try {
			expect((await chat(server)).status).toBe(200)
			await becomes(server, 200)
			await relay.cut()
			const state = await becomes(server, 503)
			expect(state.checks.database).toEqual({ ok: false, reason: 'the database cannot be reached' })
			expect(JSON.stringify(state)).not.toContain('127.0.0.1')
			expect((await chat(server)).status).toBe(200)
			expect((await readReady(server, '?exclude=database')).code).toBe(200)
			await relay.restore()
			await becomes(server, 200, recoveryMs)
		} finally {
			await server.stop()
			await relay.cut()
			await fresh.drop()
		}
	}, 30_000)
