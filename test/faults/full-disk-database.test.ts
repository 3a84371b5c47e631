// A full disk under the SQLite file of a real server, at every stage of a call and of the database: calls are refused
// before an upstream is called, streams end with an error, nothing is corrupted, and everything works again once there
// is space, without a restart. Skipped if no tmpfs can be mounted.

import { Database } from 'bun:sqlite'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root, runCommand, runProcess, temporaryFolder } from '../server.ts'
import { mountSmallDisk, type SmallDisk } from '../small-disk.testing.ts'
import {
	type Answer,
	eventually,
	type FaultTestGateway,
	readAnswer,
	type SendOptions,
	startFaultTestGateway,
	upstreamAt,
} from './gateway.ts'
import { openScriptedUpstream, type ScriptedUpstream } from './scripted-upstream.ts'
import { beginsThen, chunked, healthy, lastChunk, lastEvents, textEvent, wantsStream } from './scripts.ts'

const probe = await mountSmallDisk()
probe?.unmount()
const stored = { 'x-dragoman-conversation': 'new' }
/** How long a command or a start may take until it reports a full disk, in milliseconds. */
const reportedWithinMs = 8000
let disk: SmallDisk
let upstream: ScriptedUpstream
/** Lets the held answers of the upstream end. */
let gate: PromiseWithResolvers<void>
let gateway: FaultTestGateway
let config: object
/** Number of answered calls that were not streamed. */
let answered = 0
/** Number of held requests before the test. */
let held = 0

beforeAll(() => {
	upstream = openScriptedUpstream()
	config = {
		models: { held: { route: ['held'] }, healthy: { route: ['healthy'] } },
		upstreams: { held: upstreamAt(upstream.urlOf('held')), healthy: upstreamAt(upstream.urlOf('healthy')) },
	}
})
afterAll(() => upstream.close())

async function mount(): Promise<SmallDisk> {
	const mounted = await mountSmallDisk()
	if (mounted === undefined) throw new Error('no tmpfs can be mounted')
	return mounted
}

async function start(): Promise<FaultTestGateway> {
	gate = Promise.withResolvers()
	const { promise } = gate
	upstream.script('healthy', healthy())
	const stream = beginsThen(textEvent('one'), async (exchange) => {
		await promise
		await exchange.send(Buffer.concat([chunked(textEvent(' two') + lastEvents), Buffer.from(lastChunk)]))
	})
	upstream.script('held', async (exchange) => {
		if (wantsStream(exchange)) return stream(exchange)
		await promise
		return healthy()(exchange)
	})
	return startFaultTestGateway(config, { data: disk.folder })
}

const received = () => upstream.requestsTo('healthy').length + upstream.requestsTo('held').length

/** A call that is not streamed. */
async function send(options: SendOptions = {}): Promise<Answer> {
	const answer = await gateway.send('healthy', options)
	if (answer.status === 200) answered++
	return answer
}

/** A stored call. @returns its status, and the id of its conversation. */
async function converse(): Promise<{ readonly status: number; readonly id: string }> {
	const { status, headers } = await send({ headers: stored })
	return { status, id: headers.get('x-dragoman-conversation') ?? '' }
}

/** Every answered call has 3 completion tokens, and is billed once. */
async function expectBilled(): Promise<void> {
	await eventually('usage', async () => (await completionTokens()) === 3 * answered, 15_000)
}

/** Fills the disk, and the last blocks of the files, until no call can be recorded. */
async function fill(): Promise<void> {
	await eventually('refused call', async () => {
		disk.fill()
		return (await converse()).status === 503 && (await send()).status === 503
	})
}

/** Frees the disk. @returns the id of a conversation that was stored afterwards. */
async function heal(): Promise<string> {
	await disk.free()
	return eventually(
		'answered call',
		async () => {
			const { status, id } = await converse()
			return status === 200 && id
		},
		15_000,
	)
}

interface Exported {
	readonly messages: readonly unknown[]
	readonly turns: readonly { readonly state: string }[]
}

async function exported(id: string): Promise<Exported> {
	const response = await gateway.call(`/v1/conversations/${id}/export`)
	expect(response.status).toBe(200)
	return (await response.json()) as Exported
}

function expectSound(): void {
	const database = new Database(join(disk.folder, 'dragoman.sqlite'), { readonly: true })
	expect(database.query('PRAGMA integrity_check').values()).toEqual([['ok']])
	database.close()
}

async function completionTokens(): Promise<number> {
	const path = `/v1/organization/usage/completions?start_time=${Math.floor(Date.now() / 1000) - 86_400}`
	const report = (await (await gateway.call(path)).json()) as {
		readonly data: readonly { readonly results: readonly { readonly output_tokens: number }[] }[]
	}
	return report.data.flatMap(({ results }) => results).reduce((sum, result) => sum + result.output_tokens, 0)
}

describe.skipIf(probe === undefined)('a full disk', () => {
	beforeEach(async () => {
		disk = await mount()
		gateway = await start()
		answered = 0
		held = upstream.requestsTo('held').length
	}, 30_000)
	afterEach(async () => {
		gate.resolve()
		await gateway.stop()
		disk.unmount()
	}, 30_000)

	test('refuses stored calls in the form of each dialect before an upstream is called, and heals', async () => {
		const { id: before } = await converse()
		await fill()
		const calls = received()
		for (let attempt = 0; attempt < 5; attempt++) expect((await converse()).status).toBe(503)
		const messages = [{ role: 'user', content: 'hi' }]
		const version = { 'anthropic-version': '2023-06-01' }
		const anthropic = await gateway.call('/v1/messages', { model: 'healthy', max_tokens: 9, messages }, version)
		expect([anthropic.status, await anthropic.json()]).toMatchObject([503, { type: 'error' }])
		const responses = await gateway.call('/v1/responses', { model: 'healthy', input: 'hi' })
		expect([responses.status, await responses.json()]).toMatchObject([503, { error: { code: expect.any(String) } }])
		expect(received()).toBe(calls)
		expect((await exported(before)).messages).toHaveLength(2)
		expect((await exported(await heal())).messages).toHaveLength(2)
		expectSound()
	}, 60_000)

	test('that fills up during a stored stream ends it with an error, and its turn', async () => {
		const response = await gateway.open('held', { headers: stored })
		const id = response.headers.get('x-dragoman-conversation') ?? ''
		await upstream.request('held', held + 1)
		await fill()
		gate.resolve()
		const answer = await readAnswer(response)
		expect([answer.error?.type, answer.data.includes('[DONE]')]).toEqual([expect.any(String), false])
		await heal()
		await eventually('end of the turn', async () => {
			const { turns } = await exported(id)
			return turns.length === 1 && turns.every(({ state }) => state !== 'running')
		})
		expectSound()
	}, 60_000)

	test('that fills up before a unary answer makes it 503, and it is not billed', async () => {
		const response = gateway.send('held', { headers: stored })
		await upstream.request('held', held + 1)
		await fill()
		gate.resolve()
		expect((await response).status).toBe(503)
		await heal()
		await expectBilled()
		expectSound()
	}, 60_000)

	test('delays the delivery of usage records, each of which arrives once', async () => {
		await converse()
		expect(await completionTokens()).toBe(3)
		await eventually('refused call', async () => {
			disk.fill()
			return (await send()).status === 503
		})
		await disk.free()
		await eventually('answered call', async () => (await send()).status === 200, 15_000)
		await expectBilled()
		await gateway.stop('SIGKILL')
		gateway = await start()
		await expectBilled()
		expectSound()
	}, 60_000)

	test('delays a checkpoint', async () => {
		const { id } = await converse()
		// Pages that are in the log only, more than a checkpoint may leave there.
		const large = 'x'.repeat(100_000)
		for (let count = 0; count < 8; count++) {
			const { status } = await send({ turns: [`${count}${large}`], headers: stored })
			expect(status).toBe(200)
		}
		disk.fill()
		const checkpoint = () => {
			const database = new Database(join(disk.folder, 'dragoman.sqlite'))
			try {
				return database.query('PRAGMA wal_checkpoint(TRUNCATE)').get()
			} catch (thrown) {
				return thrown
			} finally {
				database.close()
			}
		}
		expect(checkpoint()).toMatchObject({ code: expect.stringMatching(/SQLITE_(FULL|IOERR)/) })
		expect((await exported(id)).messages).toHaveLength(2)
		expectSound()
		await heal()
		expect(checkpoint()).toMatchObject({ busy: 0 })
		expectSound()
	}, 60_000)

	for (const signal of ['SIGKILL', 'SIGTERM'] as const)
		test(`is reported soon by a start after ${signal}, and the next start has all data`, async () => {
			const { id } = await converse()
			await fill()
			await gateway.stop(signal)
			disk.fill()
			const began = performance.now()
			const main = join(root, 'src', 'main.ts')
			const serve = await runProcess(
				[process.execPath, main, 'serve', '--listen', '127.0.0.1:0', '--config', join(disk.folder, 'config.yaml')],
				{ env: { ...process.env, DRAGOMAN_DATA: disk.folder }, timeout: 2 * reportedWithinMs },
			)
			expect({ status: serve.status, stderr: serve.stderr.split('\n').length }).toEqual({ status: 1, stderr: 2 })
			expect(serve.stderr).toMatch(/no space left on the device|disk is full/)
			expect(performance.now() - began).toBeLessThan(reportedWithinMs)
			await disk.free()
			gateway = Object.assign(await start(), { key: gateway.key })
			expect((await exported(id)).messages).toHaveLength(2)
			expectSound()
		}, 60_000)
})

describe.skipIf(probe === undefined)('a full disk under a command', () => {
	beforeEach(async () => {
		disk = await mount()
	})
	afterEach(() => disk.unmount())

	test('makes a migration fail with the reason, and it can be repeated', async () => {
		const data = join(disk.folder, 'data')
		await rm(data, { recursive: true, force: true })
		for (let freeBytes = 0; ; freeBytes += 16_384) {
			// More space in each attempt, so that each one ends at another stage.
			await disk.free()
			const reserve = join(disk.folder, 'reserve')
			await writeFile(reserve, Buffer.alloc(freeBytes))
			disk.fill()
			await rm(reserve)
			const { status, stderr } = await runCommand(['migrate', '--data', data])
			if (status === 0) break
			expect({ freeBytes, status, lines: stderr.trim().split('\n').length }).toEqual({ freeBytes, status: 1, lines: 1 })
			expect(stderr).toMatch(/no space left on the device|disk is full/)
		}
		await disk.free()
		expect((await runCommand(['migrate', '--data', data])).stderr).toBe('The database is up to date.\n')
		const database = new Database(join(data, 'dragoman.sqlite'), { readonly: true })
		expect(database.query('PRAGMA integrity_check').values()).toEqual([['ok']])
		database.close()
	}, 120_000)

	test('does not prevent a backup to another disk', async () => {
		gateway = await start()
		const { folder } = disk
		disk.fill()
		const backups = await temporaryFolder()
		const { status, stderr } = await runCommand(['backup', join(backups, 'b'), '--data', folder])
		expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('Wrote') })
		expect(await readdir(backups)).toEqual(['b'])
		await gateway.stop()
		disk.fill()
		const refused = await runCommand(['backup', join(backups, 'c'), '--data', folder])
		expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('no space left on the device') })
		expect(await readdir(backups)).toEqual(['b'])
	}, 60_000)
})
