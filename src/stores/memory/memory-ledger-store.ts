// Accounts in memory, for tests and for servers that keep nothing.

import type { EntryQuery, LedgerEntry, LedgerStore, UsageQuery, UsageSum } from '../../ledger/ledger-store.ts'
import { dayOf, sumByDay, sumByGroup, type UsageDay } from '../../ledger/usage-day.ts'

export class MemoryLedgerStore implements LedgerStore {
	private readonly kept = new Map<string, LedgerEntry>()
	private readonly days: UsageDay[] = []

	async insert(entries: readonly LedgerEntry[]): Promise<void> {
		const fresh = new Map(entries.filter(({ id }) => !this.kept.has(id)).map((entry) => [entry.id, entry]))
		for (const [id, entry] of fresh) this.kept.set(id, entry)
		this.days.push(...sumByDay([...fresh.values()]))
	}

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

	async entries({ fromMs, untilMs, tenant, owner, limit }: EntryQuery): Promise<readonly LedgerEntry[]> {
		return [...this.kept.values()]
			.filter((entry) => entry.settledAtMs >= fromMs && entry.settledAtMs < untilMs)
			.filter((entry) => entry.tenant === (tenant ?? entry.tenant) && entry.owner === (owner ?? entry.owner))
			.sort((a, b) => b.settledAtMs - a.settledAtMs || (a.id < b.id ? 1 : -1))
			.slice(0, limit)
	}

	async expire(beforeMs: number): Promise<number> {
		const old = [...this.kept.values()].filter(({ settledAtMs }) => settledAtMs < beforeMs)
		for (const { id } of old) this.kept.delete(id)
		return old.length
	}

	async close(): Promise<void> {}
}
