// The contract of every ledger store.

import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { LedgerEntry } from './ledger-entry.ts'
import type { LedgerStore } from './ledger-store.ts'
import type { EntryQuery } from './usage-query.ts'

const noon = Date.UTC(2026, 10, 23, 12)
const day = 86_400_000

export function entry(id: string, change: Partial<LedgerEntry> = {}): LedgerEntry {
	return {
		id,
		tenant: 'default',
		owner: 'alice',
		key: 'key_1',
		model: 'small',
		upstream: 'a',
		operation: 'chat',
		dialect: 'openai',
		outcome: 'completed',
		openedAtMs: noon - 500,
		settledAtMs: noon,
		promptTokens: 10,
		cachedTokens: 4,
		completionTokens: 20,
		reasoningTokens: 5,
		source: 'upstream',
		costMicros: 7,
		currency: 'EUR',
		...change,
	}
}

export function ledgerStoreContract(
	name: string,
	open: () => Promise<{ store: LedgerStore; close(): Promise<void> }>,
): void {
	describe(`ledger store: ${name}`, () => {
		let store: LedgerStore
		let close: () => Promise<void>
		beforeEach(async () => {
			;({ store, close } = await open())
		})
		afterEach(() => close())
		const all = { fromMs: noon - 10 * day, untilMs: noon + 10 * day, groupBy: [] } as const
		const mine = { ...all, tenant: 'default', owner: 'alice' } as const

		test('stores entries unchanged and returns the newest first', async () => {
			const [old, fresh] = [entry('1'), entry('2', { settledAtMs: noon + 1, outcome: 'interrupted', source: 'none' })]
			await store.insert([old, fresh])
			expect(await store.entries({ ...mine, limit: 10 })).toEqual([fresh, old])
			expect(await store.entries({ ...mine, limit: 1 })).toEqual([fresh])
		})

		test('returns pages of entries in the requested order, and their totals', async () => {
			await store.insert([
				entry('1', { costMicros: 5, promptTokens: 1 }),
				entry('2', { settledAtMs: noon + 1, costMicros: 9, promptTokens: 100 }),
				entry('3', { settledAtMs: noon + 2, costMicros: 9, operation: 'embed' }),
				entry('4', { settledAtMs: noon + 3, owner: 'bob' }),
			])
			const ids = async (query: Partial<EntryQuery>) =>
				(await store.entries({ ...mine, limit: 10, ...query })).map(({ id }) => id)
			expect(await ids({})).toEqual(['3', '2', '1'])
			expect(await ids({ offset: 1, limit: 1 })).toEqual(['2'])
			expect(await ids({ offset: 3 })).toEqual([])
			expect(await ids({ order: { by: 'settled', direction: 'asc' } })).toEqual(['1', '2', '3'])
			expect(await ids({ order: { by: 'cost', direction: 'desc' } })).toEqual(['3', '2', '1'])
			expect(await ids({ order: { by: 'cost', direction: 'asc' } })).toEqual(['1', '2', '3'])
			expect(await ids({ order: { by: 'tokens', direction: 'desc' } })).toEqual(['2', '3', '1'])
			expect(await ids({ operation: 'chat' })).toEqual(['2', '1'])
			expect(await store.sumEntries(mine)).toEqual({
				entries: 3,
				promptTokens: 111,
				completionTokens: 60,
				costMicros: 23,
			})
			expect(await store.sumEntries({ ...mine, operation: 'chat' })).toMatchObject({ entries: 2, costMicros: 14 })
			expect(await store.sumEntries({ ...mine, owner: 'nobody' })).toMatchObject({ entries: 0, costMicros: 0 })
		})

		test('counts an entry once, even if it is inserted again', async () => {
			await store.insert([entry('1'), entry('2')])
			await store.insert([entry('2'), entry('3'), entry('3')])
			expect(await store.usage(all)).toEqual([
				{
					group: {},
					requests: 3,
					promptTokens: 30,
					cachedTokens: 12,
					completionTokens: 60,
					reasoningTokens: 15,
					costMicros: 21,
					currency: 'EUR',
				},
			])
		})

		test('groups by the requested dimensions, and separately by currency', async () => {
			await store.insert([
				entry('1'),
				entry('2', { model: 'large', key: 'key_2' }),
				entry('3', { model: 'large', settledAtMs: noon + day }),
				entry('4', { model: 'large', currency: 'USD' }),
			])
			const sums = await store.usage({ ...all, groupBy: ['model', 'day'] })
			expect(sums.map(({ group, requests, currency }) => [group, requests, currency])).toEqual([
				[{ model: 'large', day: '2026-11-23' }, 1, 'EUR'],
				[{ model: 'large', day: '2026-11-23' }, 1, 'USD'],
				[{ model: 'large', day: '2026-11-24' }, 1, 'EUR'],
				[{ model: 'small', day: '2026-11-23' }, 1, 'EUR'],
			])
			expect(await store.usage({ ...all, keys: ['key_2'], groupBy: [] })).toMatchObject([{ requests: 1 }])
			expect(await store.usage({ ...all, models: ['small'], groupBy: [] })).toMatchObject([{ requests: 1 }])
		})

		test('has the last day of each key of a scope, also after the entries have been removed', async () => {
			await store.insert([
				entry('1', { settledAtMs: noon + 2 * day }),
				entry('2', { model: 'large', settledAtMs: noon - day }),
				entry('3', { key: 'key_2' }),
				entry('4', { key: 'key_3', owner: 'bob' }),
				entry('5', { key: 'key_4', tenant: 'other' }),
			])
			const alice = { tenant: 'default', owner: 'alice' }
			const days = { key_1: '2026-11-25', key_2: '2026-11-23' }
			expect(Object.fromEntries(await store.lastDays(alice))).toEqual(days)
			await store.expire(noon + 9 * day)
			expect(Object.fromEntries(await store.lastDays(alice))).toEqual(days)
			expect((await store.lastDays({ tenant: 'other', owner: 'bob' })).size).toBe(0)
		})

		test('days are in UTC', async () => {
			await store.insert([entry('1', { settledAtMs: Date.UTC(2026, 10, 23, 23, 59, 59) })])
			const from = Date.UTC(2026, 10, 23)
			expect(await store.usage({ fromMs: from, untilMs: from + day, groupBy: ['day'] })).toMatchObject([
				{ group: { day: '2026-11-23' } },
			])
			expect(await store.usage({ fromMs: from + day, untilMs: from + 2 * day, groupBy: [] })).toEqual([])
		})

		test('returns no entries of other scopes', async () => {
			await store.insert([entry('1'), entry('2', { owner: 'bob' }), entry('3', { tenant: 'other' })])
			expect(await store.usage(mine)).toMatchObject([{ requests: 1 }])
			expect((await store.entries({ ...mine, limit: 10 })).map(({ id }) => id)).toEqual(['1'])
		})

		test('removes old entries and retains their sums, also if they are inserted again', async () => {
			await store.insert([entry('1'), entry('2', { settledAtMs: noon + day })])
			expect(await store.expire(noon + 1)).toBe(1)
			expect(await store.expire(noon + 1)).toBe(0)
			expect((await store.entries({ ...mine, limit: 10 })).map(({ id }) => id)).toEqual(['2'])
			expect(await store.usage(all)).toMatchObject([{ requests: 2, completionTokens: 40 }])
		})

		test('returns the settlement time of the newest entry', async () => {
			expect(await store.newestMs()).toBeUndefined()
			await store.insert([entry('1', { settledAtMs: noon + day }), entry('2')])
			expect(await store.newestMs()).toBe(noon + day)
		})

		test('inserts many entries in one call', async () => {
			await store.insert(Array.from({ length: 500 }, (_, index) => entry(String(index), { key: `key_${index % 7}` })))
			expect(await store.usage(all)).toMatchObject([{ requests: 500, costMicros: 3500 }])
		})
	})
}
