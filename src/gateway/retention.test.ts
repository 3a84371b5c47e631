import { describe, expect, test } from 'bun:test'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openTestStores, quiet, type TestStores } from '../pipeline/pipeline.testing.ts'
import { recordingLog } from '../system/log.testing.ts'
import { ManualClock } from '../system/manual-clock.testing.ts'
import { retain } from './retention.ts'

const [hourMs, dayMs] = [3_600_000, 86_400_000]

/** Runs retention until its first pass is over. */
async function run(stores: TestStores, days: { readonly conversations?: number; readonly ledger: number }) {
	const clock = new ManualClock()
	const lines: { readonly level: number; readonly msg: string }[] = []
	const closing = new AbortController()
	const folder = await mkdtemp(join(tmpdir(), 'dragoman-retention-'))
	const running = retain(
		{
			conversations: stores.conversations,
			ledger: stores.ledger,
			conversationDays: days.conversations,
			ledgerDays: days.ledger,
			clockFile: join(folder, 'clock.json'),
			clock,
			log: recordingLog(lines),
		},
		closing.signal,
	)
	await clock.asleep(hourMs)
	return {
		clock,
		lines,
		running,
		closing,
		/** Advances in steps of an hour. */
		async advance(ms: number) {
			for (let step = 0; step < ms; step += hourMs) {
				clock.advance(hourMs)
				await clock.asleep(hourMs)
				await quiet()
			}
		},
		async [Symbol.asyncDispose]() {
			closing.abort()
			await running
		},
	}
}

describe('retention', () => {
	test('deletes what is older than its days, and nothing else', async () => {
		await using stores = await openTestStores()
		const now = Date.now()
		for (const age of [1, 9, 11, 30]) {
			await stores.addConversation(now - age * dayMs)
			await stores.addRecord(now - age * dayMs)
		}
		await using retention = await run(stores, { conversations: 10, ledger: 20 })
		expect(await stores.counts()).toEqual({ conversations: 2, records: 3 })
		expect(retention.lines).toMatchObject([{ entries: 1, conversations: 2, msg: 'expired data deleted' }])
	})

	test('retains conversations if no limit is configured', async () => {
		await using stores = await openTestStores()
		await stores.addConversation(0)
		await stores.addRecord(Date.now())
		await using _ = await run(stores, { ledger: 20 })
		expect(await stores.counts()).toEqual({ conversations: 1, records: 1 })
	})

	test('runs every hour', async () => {
		await using stores = await openTestStores()
		await stores.addRecord(Date.now())
		await stores.addConversation(Date.now() - 10 * dayMs + 2.5 * hourMs)
		await using retention = await run(stores, { conversations: 10, ledger: 20 })
		await retention.advance(2 * hourMs)
		expect((await stores.counts()).conversations).toBe(1)
		await retention.advance(hourMs)
		expect((await stores.counts()).conversations).toBe(0)
	})

	test('deletes nothing while the clock is suddenly far ahead, until the server has run with it for a day', async () => {
		await using stores = await openTestStores()
		await stores.addRecord(Date.now() - 300 * dayMs)
		await stores.addConversation(Date.now() - 300 * dayMs)
		await using retention = await run(stores, { conversations: 10, ledger: 20 })
		await retention.advance(23 * hourMs)
		expect(await stores.counts()).toEqual({ conversations: 1, records: 1 })
		expect(retention.lines.map(({ level, msg }) => [level, msg.slice(0, 22)])).toEqual([[40, 'the clock is far ahead']])
		await retention.advance(2 * hourMs)
		expect(await stores.counts()).toEqual({ conversations: 0, records: 0 })
	})

	test('continues after a failure of the database, which is logged', async () => {
		await using stores = await openTestStores()
		await stores.addRecord(Date.now())
		await stores.addConversation(Date.now() - 11 * dayMs)
		stores.faults.fail('expire-conversations')
		await using retention = await run(stores, { conversations: 10, ledger: 20 })
		expect(retention.lines).toMatchObject([{ level: 50, msg: 'expired data could not be deleted' }])
		expect((await stores.counts()).conversations).toBe(1)
		await retention.advance(hourMs)
		expect((await stores.counts()).conversations).toBe(0)
	})

	test('ends when the server closes', async () => {
		await using stores = await openTestStores()
		await using retention = await run(stores, { ledger: 20 })
		retention.closing.abort()
		await retention.running
	})
})
