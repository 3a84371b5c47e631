// Ledger entries in a database: single entries for the retention period, and daily sums forever.

import { z } from 'zod'
import { outcomes } from '../../ledger/ledger.ts'
import type { LedgerEntry } from '../../ledger/ledger-entry.ts'
import type { LedgerStore } from '../../ledger/ledger-store.ts'
import { dayOf, sumByDay, sumByGroup, type UsageDay } from '../../ledger/usage-day.ts'
import type {
	EntryOrder,
	EntryOwner,
	EntryQuery,
	EntrySelection,
	EntrySum,
	UsageQuery,
	UsageSum,
} from '../../ledger/usage-query.ts'
import { LastStatements, ordered, type Sql } from './sql.ts'
import type { SqlDatabase } from './sql-database.ts'

const count = z.coerce.number()

const countColumns = {
	prompt_tokens: count,
	cached_tokens: count,
	completion_tokens: count,
	reasoning_tokens: count,
	cost_micros: count,
	currency: z.string(),
}

const entryRow = z
	.object({
		id: z.string(),
		tenant: z.string(),
		owner: z.string(),
		key: z.string(),
		model: z.string(),
		upstream: z.string(),
		operation: z.string(),
		dialect: z.string(),
		outcome: z.enum(outcomes),
		opened_at_ms: count,
		settled_at_ms: count,
		source: z.enum(['upstream', 'counted', 'none']),
		...countColumns,
	})
	.transform(
		({ opened_at_ms, settled_at_ms, ...row }): LedgerEntry => ({
			...readCounts(row),
			openedAtMs: opened_at_ms,
			settledAtMs: settled_at_ms,
		}),
	)

const dayRow = z
	.object({
		day: z.string(),
		tenant: z.string(),
		owner: z.string(),
		key: z.string(),
		model: z.string(),
		operation: z.string(),
		requests: count,
		...countColumns,
	})
	.transform((row): UsageDay => readCounts(row))

const sumRow = z
	.object({ entries: count, prompt_tokens: count, completion_tokens: count, cost_micros: count })
	.transform(
		({ entries, prompt_tokens, completion_tokens, cost_micros }): EntrySum => ({
			entries,
			promptTokens: prompt_tokens,
			completionTokens: completion_tokens,
			costMicros: cost_micros,
		}),
	)

const newestFirst: EntryOrder = { by: 'settled', direction: 'desc' }

/** Entries per transaction, so that other writes do not wait for long. */
const entriesPerExpiry = 5000

export class SqlLedgerStore implements LedgerStore {
	private readonly database: SqlDatabase

	/** `close` does not close the database. */
	constructor(database: SqlDatabase) {
		this.database = database
	}

	async insert(entries: readonly LedgerEntry[]): Promise<void> {
		if (entries.length === 0) return
		const byId = new Map(entries.map((entry) => [entry.id, entry]))
		await this.database.write<void>((sql) => insertEntries(sql, byId))
	}

	async verify(): Promise<void> {
		const rollback = new Error('rolls back the plain entry')
		try {
			await this.database.write(async (sql) => {
				const entry = plainEntry()
				const { statements } = await insertEntries(sql, new Map([[entry.id, entry]]))
				await Promise.all(statements)
				throw rollback
			})
		} catch (thrown) {
			if (thrown !== rollback) throw thrown
		}
	}

	async usage(query: UsageQuery): Promise<readonly UsageSum[]> {
		const { keys, models, tenant = '', owner = '' } = query
		const rows = await this.database.readsOf([tenant, owner]).slowSql`
			SELECT * FROM usage_days
			WHERE day >= ${dayOf(query.fromMs)} AND day < ${dayOf(query.untilMs)}
				AND tenant = COALESCE(${query.tenant ?? null}, tenant) AND owner = COALESCE(${query.owner ?? null}, owner)`
		const days = z
			.array(dayRow)
			.parse(Array.from(rows))
			.filter(({ key, model }) => (keys?.includes(key) ?? true) && (models?.includes(model) ?? true))
		return sumByGroup(days, query)
	}

	async entries({ order = newestFirst, offset = 0, limit, ...selection }: EntryQuery): Promise<readonly LedgerEntry[]> {
		const { tenant, owner, fromMs, untilMs, operation = null } = selection
		const sql = this.database.readsOf([tenant, owner]).slowSql
		const column = { settled: 'settled_at_ms', cost: 'cost_micros', tokens: 'all_tokens' }[order.by]
		const { direction } = ordered(sql, order.direction)
		const rows = await sql`
			SELECT ledger.*, prompt_tokens + completion_tokens AS all_tokens FROM ledger
			WHERE tenant = ${tenant} AND owner = ${owner}
				AND settled_at_ms >= ${fromMs} AND settled_at_ms < ${untilMs}
				AND operation = COALESCE(${operation}, operation)
			ORDER BY ${sql(column)} ${direction}, id ${direction} LIMIT ${limit} OFFSET ${offset}`
		return z.array(entryRow).parse(Array.from(rows))
	}

	async sumEntries(selection: EntrySelection): Promise<EntrySum> {
		const { tenant, owner, fromMs, untilMs, operation = null } = selection
		const [row] = await this.database.readsOf([tenant, owner]).slowSql`
			SELECT COUNT(*) AS entries, COALESCE(SUM(prompt_tokens), 0) AS prompt_tokens,
				COALESCE(SUM(completion_tokens), 0) AS completion_tokens, COALESCE(SUM(cost_micros), 0) AS cost_micros
			FROM ledger
			WHERE tenant = ${tenant} AND owner = ${owner}
				AND settled_at_ms >= ${fromMs} AND settled_at_ms < ${untilMs}
				AND operation = COALESCE(${operation}, operation)`
		return sumRow.parse(row)
	}

	async lastDays({ tenant, owner }: EntryOwner): Promise<ReadonlyMap<string, string>> {
		const rows = await this.database.readsOf([tenant, owner]).slowSql`
			SELECT key, MAX(day) AS day FROM usage_days WHERE tenant = ${tenant} AND owner = ${owner} GROUP BY key`
		return new Map(Array.from(rows, ({ key, day }) => [String(key), String(day)]))
	}

	async expire(beforeMs: number): Promise<number> {
		const removed = await this.database.write(
			(sql) => sql`
				DELETE FROM ledger WHERE id IN (
					SELECT id FROM ledger WHERE settled_at_ms < ${beforeMs} ORDER BY settled_at_ms LIMIT ${entriesPerExpiry})
				RETURNING id`,
		)
		return removed.length
	}

	async newestMs(): Promise<number | undefined> {
		const [row] = await this.database.sql`SELECT settled_at_ms FROM ledger ORDER BY settled_at_ms DESC LIMIT 1`
		return row === undefined ? undefined : Number(row.settled_at_ms)
	}

	async close(): Promise<void> {}
}

async function insertEntries(sql: Sql, byId: ReadonlyMap<string, LedgerEntry>): Promise<LastStatements<undefined>> {
	const inserted = await sql`
		INSERT INTO ledger ${sql([...byId.values()].map(writeEntry))} ON CONFLICT (id) DO NOTHING RETURNING id`
	const fresh = Array.from(inserted, ({ id }) => byId.get(String(id))).filter((entry) => entry !== undefined)
	const days = sumByDay(fresh)
	if (days.length === 0) return new LastStatements(undefined, [])
	// One statement for all of them: other writes wait for as long as this transaction takes.
	const summed = sql`
			INSERT INTO usage_days ${sql(days.map(writeDay))}
			ON CONFLICT (day, tenant, owner, key, model, operation, currency) DO UPDATE SET
				requests = usage_days.requests + excluded.requests,
				prompt_tokens = usage_days.prompt_tokens + excluded.prompt_tokens,
				cached_tokens = usage_days.cached_tokens + excluded.cached_tokens,
				completion_tokens = usage_days.completion_tokens + excluded.completion_tokens,
				reasoning_tokens = usage_days.reasoning_tokens + excluded.reasoning_tokens,
				cost_micros = usage_days.cost_micros + excluded.cost_micros`
	return new LastStatements(undefined, [summed])
}

/** An entry that every database accepts. */
function plainEntry(): LedgerEntry {
	return {
		id: crypto.randomUUID(),
		tenant: 'verify',
		owner: 'verify',
		key: 'verify',
		model: 'verify',
		upstream: '',
		operation: 'chat',
		dialect: '',
		outcome: 'failed',
		openedAtMs: 0,
		settledAtMs: 0,
		promptTokens: 0,
		cachedTokens: 0,
		completionTokens: 0,
		reasoningTokens: 0,
		source: 'none',
		costMicros: 0,
		currency: '',
	}
}

interface CountColumns {
	readonly prompt_tokens: number
	readonly cached_tokens: number
	readonly completion_tokens: number
	readonly reasoning_tokens: number
	readonly cost_micros: number
}

function readCounts<Row extends CountColumns>(row: Row) {
	const { prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, cost_micros, ...rest } = row
	return {
		...rest,
		promptTokens: prompt_tokens,
		cachedTokens: cached_tokens,
		completionTokens: completion_tokens,
		reasoningTokens: reasoning_tokens,
		costMicros: cost_micros,
	}
}

function writeCounts(
	counts: Pick<LedgerEntry, 'promptTokens' | 'cachedTokens' | 'completionTokens' | 'reasoningTokens' | 'costMicros'>,
): CountColumns {
	return {
		prompt_tokens: counts.promptTokens,
		cached_tokens: counts.cachedTokens,
		completion_tokens: counts.completionTokens,
		reasoning_tokens: counts.reasoningTokens,
		cost_micros: counts.costMicros,
	}
}

function writeEntry(entry: LedgerEntry) {
	const { id, tenant, owner, key, model, upstream, operation, dialect, outcome, source, currency } = entry
	return {
		...{ id, tenant, owner, key, model, upstream, operation, dialect, outcome, source, currency },
		opened_at_ms: entry.openedAtMs,
		settled_at_ms: entry.settledAtMs,
		...writeCounts(entry),
	}
}

function writeDay(day: UsageDay) {
	const { tenant, owner, key, model, operation, currency, requests } = day
	return { day: day.day, tenant, owner, key, model, operation, currency, requests, ...writeCounts(day) }
}
