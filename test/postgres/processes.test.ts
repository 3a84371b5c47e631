// Gateways with data folders of their own on one PostgreSQL: one of them dies, pauses, or answers what another one
// cancels.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { rm } from 'node:fs/promises'
import { SQL } from 'bun'
import { type FreshDatabase, freshDatabase, postgresServer } from '../../src/stores/postgres/server.testing.ts'
import { eventually, logLines } from '../faults/gateway.ts'
import { heldText } from '../faults/held-upstream.ts'
import { type HeldGateway, startHeldGateway } from '../faults/turn-ends.ts'
import { temporaryFolder } from '../server.ts'
import { Relay } from './relay.testing.ts'

interface StoredResponse {
	readonly status: string
	readonly error: { readonly message: string } | null
	readonly output: readonly { readonly content: readonly { readonly text: string }[] }[]
}

if (postgresServer !== undefined) {
	let fresh: FreshDatabase
	let relay: Relay
	let sql: SQL
	const opened: HeldGateway[] = []
	/** The key of the database, which the first gateway prints. */
	let key = ''
	const start = async (data?: string) => {
		const gateway = await startHeldGateway(relay.url, data === undefined ? {} : { data })
		opened.push(gateway)
		key ||= gateway.server.key
		return gateway
	}
	const call = ({ server }: HeldGateway, path: string, body?: object) =>
		server.call(path, body, { authorization: `Bearer ${key}` })
	const find = async (gateway: HeldGateway, id: string, action = '') => {
		const response = await call(gateway, `/v1/responses/${id}${action}`, action === '' ? undefined : {})
		return (await response.json()) as StoredResponse
	}
	const begin = async (gateway: HeldGateway, name: string) => {
		const response = await call(gateway, '/v1/responses', { model: 'held', input: name, background: true })
		const { id } = (await response.json()) as { readonly id: string }
		await gateway.upstream.begun(name)
		await eventually('first token', async () => {
			const [row] = await sql`SELECT id FROM turns WHERE id = ${id.slice('resp_'.length)}`
			return row !== undefined
		})
		return id
	}
	const ended = (gateway: HeldGateway, id: string) =>
		eventually(
			'end',
			async () => {
				const found = await find(gateway, id)
				return found.status !== 'in_progress' && found
			},
			15_000,
		)
	const deathsIn = ({ server }: HeldGateway) =>
		logLines(server).filter(({ msg }) => String(msg).startsWith('a process stopped writing its heartbeat'))

	beforeAll(async () => {
		fresh = await freshDatabase(postgresServer as string)
		relay = new Relay(fresh.url)
		await relay.restore()
		sql = new SQL(fresh.url, { max: 2 })
	})
	afterAll(async () => {
		await Promise.all(opened.map((gateway) => gateway.close()))
		await sql?.close()
		await relay?.cut()
		await fresh?.drop()
	})

	describe('a gateway', () => {
		let [a, b]: HeldGateway[] = []
		const both = () => {
			if (a === undefined || b === undefined) throw new Error('two gateways run')
			return [a, b] as const
		}
		beforeAll(async () => {
			a = await start()
			b = await start()
		}, 60_000)

		test('cancels a response that another one answers, which stops the upstream and adds the partial answer', async () => {
			const [one, other] = both()
			const id = await begin(one, 'cancelled')
			expect((await find(other, id, '/cancel')).status).toBe('cancelled')
			await eventually('abort of the upstream', () => one.upstream.aborted('cancelled'), 10_000)
			await eventually('partial answer', async () => (await find(other, id)).output[0]?.content[0]?.text === 'one')
			expect((await find(one, id)).status).toBe('cancelled')
			const next = await call(other, '/v1/responses', {
				...{ model: 'held', input: 'after', previous_response_id: id, background: true },
			})
			expect(next.status).toBe(200)
		}, 30_000)

		test('that removes a response which another one answers stops it', async () => {
			const [one, other] = both()
			const id = await begin(one, 'removed')
			const { server } = other
			const headers = { authorization: `Bearer ${key}` }
			expect((await fetch(`${server.url}/v1/responses/${id}`, { method: 'DELETE', headers })).status).toBe(200)
			await eventually('abort of the upstream', () => one.upstream.aborted('removed'), 10_000)
		}, 30_000)

		test('is not considered dead after an outage of the database that both notice', async () => {
			const [one, other] = both()
			const id = await begin(one, 'outage')
			await relay.cut()
			// Longer than the time after which a process without a heartbeat is dead.
			await Bun.sleep(4000)
			await relay.restore()
			const beats = async () => {
				const rows = (await sql`SELECT beats FROM processes ORDER BY id`) as readonly { readonly beats: unknown }[]
				return rows.map((row) => Number(row.beats))
			}
			const before = await beats()
			await eventually(
				'beats of both',
				async () => {
					const now = await beats()
					return now.length === 2 && now.every((count, at) => count > (before[at] ?? 0) + 3)
				},
				15_000,
			)
			one.upstream.release('outage')
			expect((await ended(other, id)).status).toBe('completed')
			expect([...deathsIn(one), ...deathsIn(other)]).toEqual([])
		}, 60_000)

		test('that is paused for too long finds its turn failed, and adds the answer and its usage', async () => {
			const [one, other] = both()
			const id = await begin(one, 'paused')
			process.kill(one.server.pid, 'SIGSTOP')
			const failed = await ended(other, id)
			process.kill(one.server.pid, 'SIGCONT')
			expect(failed).toMatchObject({
				status: 'failed',
				error: { message: expect.stringContaining('stopped responding') },
				output: [],
			})
			one.upstream.release('paused')
			await eventually('answer', async () => (await find(other, id)).output[0]?.content[0]?.text === heldText)
			expect((await find(other, id)).status).toBe('failed')
			await eventually('usage record', async () => {
				const rows = await sql`SELECT outcome, completion_tokens FROM ledger WHERE id = ${id.slice('resp_'.length)}`
				return rows.length === 1 && rows[0].outcome === 'completed' && Number(rows[0].completion_tokens) === 3
			})
			await eventually('registration', () => one.server.log().includes('other processes considered this one dead'))
			expect(deathsIn(other)).toHaveLength(1)
		}, 60_000)

		test('ends the turns of one that was killed and whose folder is removed', async () => {
			const [one, other] = both()
			const [lost, cancelled] = [await begin(one, 'killed'), await begin(one, 'killed too')]
			await one.server.stop('SIGKILL')
			await rm(one.server.data, { recursive: true, force: true })
			// Its death is not known yet.
			expect((await find(other, cancelled, '/cancel')).status).toBe('cancelled')
			expect((await ended(other, lost)).status).toBe('failed')
			expect((await find(other, cancelled)).status).toBe('cancelled')
			const next = await call(other, '/v1/responses', {
				...{ model: 'held', input: 'next', previous_response_id: lost, background: true },
			})
			expect(next.status).toBe(200)
		}, 60_000)
	})

	describe('an end that the database did not accept arrives after', () => {
		for (const signal of ['SIGKILL', 'SIGTERM'] as const)
			test(`${signal} and a start with the same data folder`, async () => {
				const data = await temporaryFolder()
				const first = await start(data)
				const id = await begin(first, signal)
				await relay.cut()
				first.upstream.release(signal)
				await eventually('file of the end', async () => {
					const files = await Array.fromAsync(new Bun.Glob('*.json').scan(`${data}/turns`))
					return files.length === 1
				})
				await first.server.stop(signal)
				await relay.restore()
				const next = await start(data)
				expect(await ended(next, id)).toMatchObject({
					status: 'completed',
					output: [{ content: [{ text: heldText }] }],
				})
				await eventually('removal of the file', async () => {
					const files = await Array.fromAsync(new Bun.Glob('*').scan(`${data}/turns`))
					return files.length === 0
				})
				await next.server.stop()
				await rm(data, { recursive: true, force: true })
			}, 60_000)
	})
}
