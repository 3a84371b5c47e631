// Ledger entries in memory, for tests.

import type { LedgerEntry } from '../ledger/ledger-entry.ts'
import type { LedgerStore } from '../ledger/ledger-store.ts'
import { dayOf, sumByDay, sumByGroup, type UsageDay } from '../ledger/usage-day.ts'
import type {
	EntryOrder,
	EntryOwner,
	EntryQuery,
	EntrySelection,
	EntrySum,
	UsageQuery,
	UsageSum,
} from '../ledger/usage-query.ts'

const newestFirst: EntryOrder = { by: 'settled', direction: 'desc' }

const sortValues: Readonly<Record<EntryOrder['by'], (entry: LedgerEntry) => number>> = {
	settled: ({ settledAtMs }) => settledAtMs,
	cost: ({ costMicros }) => costMicros,
	tokens: ({ promptTokens, completionTokens }) => promptTokens + completionTokens,
}

export class MemoryLedgerStore implements LedgerStore {
	private readonly stored = new Map<string, LedgerEntry>()
	private readonly days: UsageDay[] = []

	async insert(entries: readonly LedgerEntry[]): Promise<void> {
		const fresh = new Map(entries.filter(({ id }) => !this.stored.has(id)).map((entry) => [entry.id, entry]))
		for (const [id, entry] of fresh) this.stored.set(id, entry)
		this.days.push(...sumByDay([...fresh.values()]))
	}

	async verify(): Promise<void> {}

	async usage(query: UsageQuery): Promise<readonly UsageSum[]> {
		const [from, until] = [dayOf(query.fromMs), dayOf(query.untilMs)]
		const wanted = this.days.filter(
			({ day, tenant, owner, key, model }) =>
				day >= from &&
				day < until &&
				tenant === (query.tenant ?? tenant) &&
				owner === (query.owner ?? owner) &&
				(query.keys?.includes(key) ?? true) &&
				(query.models?.includes(model) ?? true),
		)
		return sumByGroup(wanted, query)
	}

	async entries({ order = newestFirst, offset = 0, limit, ...selection }: EntryQuery): Promise<readonly LedgerEntry[]> {
		const sign = order.direction === 'asc' ? 1 : -1
		const sortValue = (entry: LedgerEntry) => sign * sortValues[order.by](entry)
		return this.select(selection)
			.sort((a, b) => sortValue(a) - sortValue(b) || (a.id < b.id ? -sign : sign))
			.slice(offset, offset + limit)
	}

	async sumEntries(selection: EntrySelection): Promise<EntrySum> {
		const sum = { entries: 0, promptTokens: 0, completionTokens: 0, costMicros: 0 }
		for (const { promptTokens, completionTokens, costMicros } of this.select(selection)) {
			sum.entries++
			sum.promptTokens += promptTokens
			sum.completionTokens += completionTokens
			sum.costMicros += costMicros
		}
		return sum
	}

	async lastDays(owner: EntryOwner): Promise<ReadonlyMap<string, string>> {
		const own = this.days.filter((day) => day.tenant === owner.tenant && day.owner === owner.owner)
		return new Map(own.toSorted((one, other) => (one.day < other.day ? -1 : 1)).map(({ key, day }) => [key, day]))
	}

	private select({ fromMs, untilMs, tenant, owner, operation }: EntrySelection): LedgerEntry[] {
		return [...this.stored.values()].filter(
			(entry) =>
				entry.settledAtMs >= fromMs &&
				entry.settledAtMs < untilMs &&
				entry.tenant === tenant &&
				entry.owner === owner &&
				entry.operation === (operation ?? entry.operation),
		)
	}

	async expire(beforeMs: number): Promise<number> {
		const old = [...this.stored.values()].filter(({ settledAtMs }) => settledAtMs < beforeMs)
		for (const { id } of old) this.stored.delete(id)
		return old.length
	}

	async newestMs(): Promise<number | undefined> {
		return this.stored.size === 0 ? undefined : Math.max(...[...this.stored.values()].map((entry) => entry.settledAtMs))
	}

	async close(): Promise<void> {}
}
