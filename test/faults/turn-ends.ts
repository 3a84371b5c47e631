// Stored answers of every kind at every stage, while their database cannot be used: afterwards no turn is running, every
// answer that a client received is stored, and usage is exact. It does not know the fault.

import { expect } from 'bun:test'
import { startServer, type TestServer, type TestServerOptions } from '../server.ts'
import { eventually } from './gateway.ts'
import { type HeldUpstream, heldText, openHeldUpstream } from './held-upstream.ts'

const kinds = ['unary', 'streamed', 'background', 'resumable'] as const
type Kind = (typeof kinds)[number]
const stages = ['before', 'middle', 'end'] as const
type Stage = (typeof stages)[number]

export interface DatabaseFault {
	begin(): Promise<void>
	end(): Promise<void>
}

/** Reads from the database directly. */
export type Query = (text: string) => Promise<readonly Readonly<Record<string, unknown>>[]>

export interface HeldGateway {
	readonly server: TestServer
	readonly upstream: HeldUpstream
	close(): Promise<void>
}

export async function startHeldGateway(database: string, options: TestServerOptions = {}): Promise<HeldGateway> {
	const upstream = openHeldUpstream()
	const config = {
		database,
		models: { held: { route: ['held'] } },
		upstreams: { held: { engine: 'openai-compatible', url: upstream.url, key: 'k', model: 'm' } },
		processes: { deadAfterMs: 3000 },
	}
	const server = await startServer({ ...options, config: JSON.stringify(config) })
	return {
		server,
		upstream,
		async close() {
			await server.stop()
			upstream.close()
		},
	}
}

/** What a client received. */
interface Received {
	readonly kind: Kind
	readonly status: number
	readonly id: string
	/** The whole answer arrived, or the response was accepted. */
	readonly complete: boolean
}

export async function send({ server }: HeldGateway, kind: Kind, input: string): Promise<Received> {
	const body = { model: 'held', input }
	switch (kind) {
		case 'unary':
		case 'background': {
			const response = await server.call('/v1/responses', { ...body, background: kind === 'background' })
			const { id = '' } = (await response.json()) as { readonly id?: string }
			return { kind, status: response.status, id, complete: response.status === 200 }
		}
		case 'streamed':
		case 'resumable': {
			const headers: Record<string, string> = kind === 'resumable' ? { 'x-dragoman-resumable': '1' } : {}
			const response = await server.call('/v1/responses', { ...body, stream: true }, headers)
			const text = await response.text()
			const id = /"id":"(resp_\w+)"/.exec(text)?.[1] ?? ''
			return { kind, status: response.status, id, complete: text.includes('"type":"response.completed"') }
		}
	}
}

interface StoredResponse {
	readonly status: string
	readonly output: readonly { readonly content: readonly { readonly text: string }[] }[]
}

/** Runs a call of every kind at every stage of `fault`. */
export async function expectEnds(gateway: HeldGateway, fault: DatabaseFault, query: Query): Promise<void> {
	const { server, upstream } = gateway
	const round = Bun.randomUUIDv7().slice(-8)
	const nameOf = (kind: Kind, stage: Stage) => `${kind} ${stage} ${round}`
	const namesOf = (stage: Stage) => kinds.map((kind) => nameOf(kind, stage))
	const sendAll = (stage: Stage) => kinds.map((kind) => send(gateway, kind, nameOf(kind, stage)))
	const [{ records: earlier } = {}] = await query('SELECT COUNT(*) AS records FROM ledger')

	const early = [...sendAll('middle'), ...sendAll('end')]
	await Promise.all([...namesOf('middle'), ...namesOf('end')].map((name) => upstream.begun(name)))
	const expected = early.length
	await eventually('all turns running', async () => {
		const [row] = await query(`SELECT COUNT(*) AS turns FROM turns WHERE state = 'running'`)
		return Number(row?.turns) === expected
	})

	await fault.begin()
	let late: readonly Received[]
	let ended: readonly Received[]
	try {
		upstream.release(...namesOf('before'), ...namesOf('end'))
		;[late, ended] = await Promise.all([Promise.all(sendAll('before')), Promise.all(early.slice(kinds.length))])
	} finally {
		await fault.end()
	}
	upstream.release(...namesOf('middle'))
	const received = [...late, ...ended, ...(await Promise.all(early.slice(0, kinds.length)))]

	await eventually(
		'end of every turn',
		async () => (await query(`SELECT id FROM turns WHERE state = 'running'`)).length === 0,
		15_000,
	)
	for (const { kind, status, id, complete } of received) {
		if (!complete) {
			expect([kind, status >= 500 || kind === 'streamed' || kind === 'resumable']).toEqual([kind, true])
			continue
		}
		const stored = (await (await server.call(`/v1/responses/${id}`)).json()) as StoredResponse
		expect({ kind, status: stored.status, text: stored.output[0]?.content[0]?.text }).toEqual({
			kind,
			status: 'completed',
			text: heldText,
		})
		const next = nameOf('unary', 'end')
		const continued = await server.call('/v1/responses', { model: 'held', input: next, previous_response_id: id })
		expect([kind, continued.status]).toEqual([kind, 200])
		await continued.text()
	}
	// What began before the fault is complete.
	expect(ended.filter(({ kind, complete }) => !complete && kind !== 'unary')).toEqual([])
	expect(received.slice(-kinds.length).filter(({ complete }) => !complete)).toEqual([])

	const complete = received.filter((one) => one.complete).length * 2
	const records = await eventually('usage records', async () => {
		const rows = await query('SELECT outcome, prompt_tokens, completion_tokens FROM ledger ORDER BY settled_at_ms')
		const own = rows.slice(Number(earlier))
		return own.filter(({ outcome }) => outcome === 'completed').length >= complete && own
	})
	const billed = records.filter(({ completion_tokens: tokens }) => Number(tokens) > 0)
	expect(billed.map((row) => [row.outcome, Number(row.prompt_tokens), Number(row.completion_tokens)])).toEqual(
		Array.from({ length: complete }, () => ['completed', 7, 3]),
	)
	expect(records.length).toBeLessThanOrEqual(received.length + complete / 2)
}
