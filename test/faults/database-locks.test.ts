// Other processes that hold locks of the SQLite file, and statements that take long: requests that do not need the
// database, and streams that are under way, do not notice. A second gateway without faults, which is measured at the
// same time, shows how slow the machine is.

import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { newConversationId } from '../../src/conversations/conversation-id.ts'
import { newTurnId } from '../../src/conversations/turn-id.ts'
import { ownerId, type Scope, tenantId } from '../../src/keys/scope.ts'
import { SqlConversationStore } from '../../src/stores/sql/sql-conversation-store.ts'
import { openSqlite } from '../../src/stores/sqlite/sqlite.ts'
import { runCommand, temporaryFolder } from '../server.ts'
import { type FaultTestGateway, startFaultTestGateway, upstreamAt } from './gateway.ts'
import { openScriptedUpstream, type ScriptedUpstream } from './scripted-upstream.ts'
import { endless, healthy } from './scripts.ts'

const mebibyte = 1_048_576
const probeEveryMs = 20
/**
 * A delay that counts as unnoticed, in milliseconds, and the factor that the gateway without faults permits. On a machine
 * without other work the delay is below 50 ms; without threads for the database it is seconds.
 */
const [unnoticedMs, noiseFactor] = [100, 4]
let upstream: ScriptedUpstream
let gateway: FaultTestGateway
/** Without faults. */
let control: FaultTestGateway
let file: string

beforeAll(async () => {
	upstream = openScriptedUpstream()
	upstream.script('endless', endless(probeEveryMs, 1))
	upstream.script('healthy', healthy())
	const config = {
		models: { endless: { route: ['endless'] }, healthy: { route: ['healthy'] } },
		upstreams: {
			endless: upstreamAt(upstream.urlOf('endless')),
			healthy: upstreamAt(upstream.urlOf('healthy')),
		},
	}
	;[gateway, control] = await Promise.all([startFaultTestGateway(config), startFaultTestGateway(config)])
	file = join(gateway.data, 'dragoman.sqlite')
	expect((await createConversation()).status).toBe(200)
})
afterAll(async () => {
	await Promise.all([gateway.stop(), control.stop()])
	upstream.close()
})

interface Probes {
	/** Ninth decile of the duration of a request to `/health`, in milliseconds. */
	readonly healthMs: number
	/** Half of the time was in silences of a stream that were shorter than this, in milliseconds. */
	readonly silenceMs: number
}

/**
 * Probes both gateways while `fault` runs, and compares them. Other load may delay one of them more than the other; a fault
 * that is noticed is noticed in every one of the attempts.
 */
async function expectUnnoticed(fault: () => Promise<unknown>, attempts = 3): Promise<void> {
	for (let attempt = 1; ; attempt++) {
		const [faulty, usual] = await probeDuring(fault)
		const bound = (ms = 0) => Math.max(unnoticedMs, noiseFactor * ms)
		const isUnnoticed = faulty.healthMs < bound(usual.healthMs) && faulty.silenceMs < bound(usual.silenceMs)
		if (!isUnnoticed && attempt < attempts) continue
		expect(faulty.healthMs).toBeLessThan(bound(usual.healthMs))
		expect(faulty.silenceMs).toBeLessThan(bound(usual.silenceMs))
		return
	}
}

async function probeDuring(fault: () => Promise<unknown>): Promise<readonly [Probes, Probes]> {
	const ending = new AbortController()
	const probing = Promise.all([probe(gateway, ending.signal), probe(control, ending.signal)])
	try {
		await fault()
	} finally {
		ending.abort()
	}
	return probing
}

/** Requests `/health` continuously and reads a stream until `signal` is aborted. */
async function probe(probed: FaultTestGateway, signal: AbortSignal): Promise<Probes> {
	const reading = new AbortController()
	const silences = readSilences(await probed.open('endless', { signal: reading.signal }))
	const durations: number[] = []
	const pending: Promise<unknown>[] = []
	while (!signal.aborted) {
		const beganMs = performance.now()
		pending.push(fetch(`${probed.url}/health`).then(() => durations.push(performance.now() - beganMs)))
		await Bun.sleep(probeEveryMs)
	}
	await Promise.all(pending)
	reading.abort()
	durations.sort((one, other) => one - other)
	return { healthMs: durations[Math.floor(durations.length * 0.9)] ?? 0, silenceMs: halfOfTime(await silences) }
}

/** The times between the pieces of a stream until it is aborted, in milliseconds. */
async function readSilences({ body }: Response): Promise<readonly number[]> {
	const silences: number[] = []
	let lastMs = performance.now()
	try {
		for await (const _ of body ?? []) {
			silences.push(performance.now() - lastMs)
			lastMs = performance.now()
		}
	} catch {
		// It was aborted.
	}
	return [...silences, performance.now() - lastMs]
}

function halfOfTime(silences: readonly number[]): number {
	const sorted = silences.toSorted((one, other) => one - other)
	let restMs = sorted.reduce((sum, ms) => sum + ms, 0) / 2
	for (const ms of sorted) {
		restMs -= ms
		if (restMs <= 0) return ms
	}
	return 0
}

function createConversation(): Promise<Response> {
	return gateway.call(
		'/v1/chat/completions',
		{ model: 'healthy', messages: [{ role: 'user', content: 'hi' }] },
		{ 'x-dragoman-conversation': 'new' },
	)
}

function remove(path: string): Promise<Response> {
	return fetch(gateway.url + path, { method: 'DELETE', headers: { authorization: `Bearer ${gateway.key}` } })
}

/** A connection of another process. */
function connectForeign(): Database {
	const database = new Database(file)
	database.run('PRAGMA busy_timeout = 5000')
	return database
}

/** Stores conversations with `megabytes` of text in all. @returns the id of the last one. */
async function fillDatabase(conversations: number, megabytes: number): Promise<string> {
	const database = await openSqlite(file, 'expect')
	const [owner] = await database.sql`SELECT tenant, COALESCE(owner, id) AS owner FROM keys WHERE role = 'admin' LIMIT 1`
	const scope: Scope = { tenant: tenantId(String(owner?.tenant)), owner: ownerId(String(owner?.owner)) }
	const { turns } = new SqlConversationStore(database).in(scope)
	const text = 'lorem ipsum dolor '.repeat(mebibyte / 18)
	let id = newConversationId()
	for (let count = 0; count < conversations; count++) {
		id = newConversationId()
		await turns.begin({
			...{ id: newTurnId(), conversation: id, surface: 'chat', stored: true, process: 'none', model: 'm' },
			create: { id, metadata: {}, listed: true, createdAtMs: 1, updatedAtMs: 1 },
			onConflict: 'branch',
			inputs: Array.from({ length: megabytes / conversations }, () => ({
				role: 'user',
				content: [{ type: 'text', text }],
			})),
			metadata: {},
			echo: {},
			createdAtMs: 1,
		})
	}
	await database.close()
	return id
}

for (const mode of ['IMMEDIATE', 'EXCLUSIVE'])
	test(`another process that holds a lock (${mode}) delays stored turns only`, async () => {
		const foreign = connectForeign()
		try {
			foreign.run(`BEGIN ${mode}`)
			await expectUnnoticed(async () => {
				const response = await createConversation()
				expect([response.status, await response.json()]).toMatchObject([503, { error: { code: 'store_unavailable' } }])
			})
			const waited = createConversation()
			// Once: the one that waits would not wait for several attempts.
			await expectUnnoticed(() => Bun.sleep(1000), 1)
			foreign.run('ROLLBACK')
			expect((await waited).status).toBe(200)
		} finally {
			foreign.close()
		}
	}, 60_000)

test('a reader of an old snapshot delays nothing', async () => {
	const create = async () => (await (await gateway.call('/v1/conversations', {})).json()) as { readonly id: string }
	const created = [await create(), await create(), await create()]
	const foreign = connectForeign()
	foreign.run('BEGIN')
	foreign.query('SELECT COUNT(*) FROM messages').get()
	await expectUnnoticed(async () => {
		expect((await createConversation()).status).toBe(200)
		expect((await remove(`/v1/conversations/${created.pop()?.id}`)).status).toBe(200)
		expect((await createConversation()).status).toBe(200)
		await Bun.sleep(1000)
	})
	foreign.close()
}, 60_000)

test('an export needs little memory, however large the conversation is', async () => {
	const large = await fillDatabase(1, 100)
	const before = residentBytes()
	let peak = 0
	await expectUnnoticed(async () => {
		const response = await gateway.call(`/v1/conversations/${large}/export`)
		let received = 0
		for await (const bytes of response.body ?? []) {
			received += bytes.length
			peak = Math.max(peak, residentBytes())
		}
		expect(received).toBeGreaterThan(90 * mebibyte)
	})
	// The rest is garbage that the heap has not collected. The text and the rows of the whole conversation are 330 MB and more.
	expect(peak - before).toBeLessThan(220 * mebibyte)
}, 120_000)

/** Memory of the gateway's process. */
function residentBytes(): number {
	const [, kib = ''] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${gateway.pid}/status`, 'utf8')) ?? []
	return Number(kib) * 1024
}

test('a backup delays nothing', async () => {
	await fillDatabase(20, 100)
	let backup = ''
	await expectUnnoticed(async () => {
		backup = join(await temporaryFolder(), 'backup')
		const ended = runCommand(['backup', backup, '--data', gateway.data])
		expect((await createConversation()).status).toBe(200)
		expect(await ended).toMatchObject({ status: 0 })
	})
	expect(Bun.file(backup).size).toBeGreaterThan(100 * mebibyte)
}, 120_000)

test('searches, an export, and the removal of 100 MB delay nothing', async () => {
	const large = await fillDatabase(20, 100)
	const search = () => gateway.call('/v1/conversations?search=absent')
	await expectUnnoticed(async () => {
		const responses = await Promise.all([search(), search(), gateway.call(`/v1/conversations/${large}/export`)])
		expect(responses.map(({ status }) => status)).toEqual([200, 200, 200])
		expect((await responses[2].text()).length).toBeGreaterThan(5_000_000)
		expect((await createConversation()).status).toBe(200)
	})
	await expectUnnoticed(async () => {
		const removal = remove('/v1/conversations')
		expect((await createConversation()).status).toBe(200)
		await removal
		// Once: there is nothing to remove the second time.
	}, 1)
}, 120_000)
