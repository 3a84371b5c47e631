// Removal by age, and a clock that is wrong: removal is permanent, so a clock that jumped ahead removes nothing.

import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { conversationId } from '../src/conversations/conversation-id.ts'
import { retain } from '../src/gateway/retention.ts'
import { ownerId, tenantId } from '../src/keys/scope.ts'
import type { LedgerEntry } from '../src/ledger/ledger-entry.ts'
import { MemoryLedgerStore } from '../src/stores/memory-ledger-store.testing.ts'
import { SqlConversationStore } from '../src/stores/sql/sql-conversation-store.ts'
import { openMemory } from '../src/stores/sqlite/memory.testing.ts'
import { openLog } from '../src/system/log.ts'
import { FakeClock, startMs } from './ledger/ledger.testing.ts'
import { temporaryFolder } from './server.ts'

const [hourMs, dayMs] = [3_600_000, 86_400_000]
const scope = { tenant: tenantId('default'), owner: ownerId('alice') }

interface Deployment {
	readonly ledger: MemoryLedgerStore
	readonly conversations: SqlConversationStore
	readonly clockFile: string
	readonly lines: string[]
}

/** Ten conversations and usage records, one per day, the newest of now. */
async function deploy(): Promise<Deployment> {
	const conversations = new SqlConversationStore(await openMemory())
	const ledger = new MemoryLedgerStore()
	for (let day = 0; day < 10; day++) {
		const atMs = startMs - day * dayMs
		await conversations.in(scope).index.create({
			id: conversationId(`conversation${day}`),
			metadata: {},
			listed: true,
			createdAtMs: atMs,
			updatedAtMs: atMs,
		})
		await ledger.insert([record(`record${day}`, atMs)])
	}
	return { ledger, conversations, clockFile: join(await temporaryFolder(), 'clock.json'), lines: [] }
}

/** What is left: conversations and records. */
async function left({ ledger, conversations }: Deployment): Promise<readonly [number, number]> {
	const listed = await conversations.in(scope).index.list({ limit: 100, order: 'asc' })
	const everything = { ...scope, fromMs: 0, untilMs: Number.MAX_SAFE_INTEGER }
	return [listed?.items.length ?? 0, (await ledger.sumEntries(everything)).entries]
}

/** Runs the server on a clock that is `aheadMs` ahead for so many looks; `each` sees what is left after each. */
async function run(
	deployment: Deployment,
	aheadMs: number,
	checks: number,
	{ days = 30, each = () => undefined }: { days?: number; each?: (left: readonly [number, number]) => void } = {},
): Promise<void> {
	const clock = new FakeClock()
	clock.advance(aheadMs)
	const closing = new AbortController()
	const { lines, ...stores } = deployment
	const log = openLog({ level: 'warn', format: 'json' }, (text) => lines.push(text))
	const options = { ...stores, conversationDays: days, ledgerDays: days, clock, log }
	const retained = retain(options, closing.signal)
	for (let check = 0; check < checks; check++) {
		await clock.waitForSleepers(1)
		each(await left(deployment))
		if (check < checks - 1) clock.advance(hourMs)
	}
	closing.abort()
	await retained
}

describe('with a running clock', () => {
	test('expired data is removed at the start, and then every hour', async () => {
		const deployment = await deploy()
		await run(deployment, 0, 1, { days: 5.5 })
		expect(await left(deployment)).toEqual([6, 6])
		await run(deployment, 2 * dayMs, 13, { days: 5.5 })
		expect(await left(deployment)).toEqual([4, 4])
		await run(deployment, 2 * dayMs + 12 * hourMs, 14, { days: 5.5 })
		expect(await left(deployment)).toEqual([3, 3])
		expect(deployment.lines).toEqual([])
	})
	test('expired data is removed after a week in which the server was off', async () => {
		const deployment = await deploy()
		await run(deployment, 0, 1)
		await run(deployment, 7 * dayMs, 1, { days: 14 })
		expect(await left(deployment)).toEqual([8, 8])
	})
})

describe('with a clock that is ahead', () => {
	for (const [name, aheadMs] of [
		['10,000 days', 10_000 * dayMs],
		['25 days, of 30', 25 * dayMs],
		['8 days', 8 * dayMs],
	] as const)
		test(`by ${name} at the start, nothing is removed, and a warning is logged once`, async () => {
			const deployment = await deploy()
			await run(deployment, 0, 1)
			await run(deployment, aheadMs, 10)
			expect(await left(deployment)).toEqual([10, 10])
			expect(deployment.lines).toHaveLength(1)
			expect(deployment.lines[0]).toContain(`"days":${Math.round(aheadMs / dayMs)}`)
			// Set right again: as if nothing had been.
			await run(deployment, 2 * dayMs, 1, { days: 5.5 })
			expect(await left(deployment)).toEqual([4, 4])
		})
	test('in a data folder of a version that stored no time', async () => {
		const deployment = await deploy()
		await run(deployment, 10_000 * dayMs, 1)
		await deployment.ledger.insert([record('new', startMs + 10_000 * dayMs)])
		await run(deployment, 10_000 * dayMs + hourMs, 10)
		expect(await left(deployment)).toEqual([10, 11])
	})
	test('while the server runs', async () => {
		const deployment = await deploy()
		const clock = new FakeClock()
		const closing = new AbortController()
		const { lines: _, ...stores } = deployment
		const log = openLog({ level: 'silent', format: 'json' })
		const retained = retain({ ...stores, conversationDays: 30, ledgerDays: 90, clock, log }, closing.signal)
		await clock.waitForSleepers(1)
		clock.advance(10_000 * dayMs)
		await clock.waitForSleepers(1)
		expect(await left(deployment)).toEqual([10, 10])
		closing.abort()
		await retained
	})
	test('it is trusted once the server has run with it for 24 hours, restarts included', async () => {
		const deployment = await deploy()
		await run(deployment, 0, 1)
		const intervals: number[] = []
		const each = ([conversations]: readonly [number, number]) => void intervals.push(conversations)
		await run(deployment, 100 * dayMs, 13, { each })
		// Off for a night: that is not time in which anybody could have noticed.
		await run(deployment, 100 * dayMs + 24 * hourMs, 13, { each })
		expect(intervals.slice(0, 24)).toEqual(Array.from({ length: 24 }, () => 10))
		expect(intervals.at(-1)).toBe(0)
	})
	test('a second jump begins the 24 hours again', async () => {
		const deployment = await deploy()
		await run(deployment, 0, 1)
		await run(deployment, 100 * dayMs, 20)
		await run(deployment, 10_000 * dayMs, 20)
		expect(await left(deployment)).toEqual([10, 10])
	})
})

test('a clock that is set back removes nothing, and is trusted', async () => {
	const deployment = await deploy()
	await run(deployment, 0, 1)
	await run(deployment, -1000 * dayMs, 2)
	await run(deployment, 0, 2)
	expect(await left(deployment)).toEqual([10, 10])
})

test('a corrupt file counts as missing', async () => {
	const deployment = await deploy()
	await Bun.write(deployment.clockFile, '{ "believedMs": ')
	await run(deployment, 10_000 * dayMs, 3)
	expect(await left(deployment)).toEqual([10, 10])
	await run(deployment, 0, 1, { days: 5.5 })
	expect(await left(deployment)).toEqual([6, 6])
})

function record(id: string, atMs: number): LedgerEntry {
	return {
		...{ id, ...scope, key: 'key_1', model: 'small', upstream: 'a', operation: 'chat', dialect: 'openai' },
		...{ outcome: 'completed', openedAtMs: atMs, settledAtMs: atMs, source: 'upstream', costMicros: 0, currency: '' },
		...{ promptTokens: 1, cachedTokens: 0, completionTokens: 1, reasoningTokens: 0 },
	}
}
