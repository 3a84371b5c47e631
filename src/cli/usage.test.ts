import { expect, test } from 'bun:test'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CommanderError } from 'commander'
import type { LedgerEntry } from '../ledger/ledger-entry.ts'
import { SqlLedgerStore } from '../stores/sql/sql-ledger-store.ts'
import { openSqlite } from '../stores/sqlite/sqlite.ts'
import { rejection } from '../system/rejection.testing.ts'
import { usageCommand } from './usage.ts'

const dayMs = 86_400_000
const today = Date.now() - (Date.now() % dayMs)
const written = (ms: number) => new Date(ms).toISOString().slice(0, 10)

function entry(id: string, change: Partial<LedgerEntry>): LedgerEntry {
	return {
		id,
		tenant: 'clinic',
		owner: 'ward 3',
		key: 'key_1',
		model: 'small',
		upstream: 'a',
		operation: 'chat',
		dialect: 'openai',
		outcome: 'completed',
		openedAtMs: today,
		settledAtMs: today,
		promptTokens: 10,
		cachedTokens: 4,
		completionTokens: 20,
		reasoningTokens: 5,
		source: 'upstream',
		costMicros: 1_000_001,
		currency: 'EUR',
		...change,
	}
}

/** Runs the command on usage of today, of 29 days ago and of 30 days ago. */
async function usage(...args: readonly string[]): Promise<readonly string[]> {
	const data = await mkdtemp(join(tmpdir(), 'dragoman-usage-'))
	const database = await openSqlite(join(data, 'dragoman.sqlite'))
	await new SqlLedgerStore(database).insert([
		entry('1', {}),
		entry('2', { model: 'free', costMicros: 0, currency: '' }),
		entry('3', { settledAtMs: today - 29 * dayMs }),
		entry('4', { settledAtMs: today - 30 * dayMs }),
	])
	await database.close()
	const lines: string[] = []
	const command = usageCommand({
		environment: { DRAGOMAN_DATA: data },
		version: '0',
		command: [],
		print: (line) => lines.push(line),
		printStatus: () => undefined,
		terminal: false,
	})
	await command
		.exitOverride()
		.configureOutput({ writeErr: () => undefined })
		.parseAsync(args, { from: 'user' })
	return lines
}

test('a month by day and model', async () => {
	const rows = (await usage()).map((line) => line.split(/ {2,}/))
	const first = written(today - 29 * dayMs)
	expect(rows).toEqual([
		['DAY', 'MODEL', 'REQUESTS', 'PROMPT', 'CACHED', 'COMPLETION', 'REASONING', 'COST'],
		[first, 'small', '1', '10', '4', '20', '5', '1.000001 EUR'],
		[written(today), 'free', '1', '10', '4', '20', '5'],
		[written(today), 'small', '1', '10', '4', '20', '5', '1.000001 EUR'],
		['TOTAL', '3', '30', '12', '60', '15', '2.000002 EUR'],
	])
})

test('models without a price do not divide the row of a key', async () => {
	const rows = (await usage('--by', 'owner')).map((line) => line.split(/ {2,}/))
	expect(rows.slice(1)).toEqual([
		['ward 3', '3', '30', '12', '60', '15', '2.000002 EUR'],
		['TOTAL', '3', '30', '12', '60', '15', '2.000002 EUR'],
	])
})

test('--from after --to, or after today, is an error', async () => {
	const [earlier, later] = [written(today - 2 * dayMs), written(today - dayMs)]
	expect((await rejection(usage('--from', later, '--to', earlier))).message).toContain(
		`--from ${later} is after --to ${earlier}.`,
	)
	const tomorrow = written(today + dayMs)
	expect((await rejection(usage('--from', tomorrow))).message).toContain(`--from ${tomorrow} is after today.`)
})

test('--from and --to are inclusive, with --by and --json', async () => {
	const [from, to] = [written(today - 30 * dayMs), written(today - 29 * dayMs)]
	const text = (await usage('--from', from, '--to', to, '--by', 'owner, key', '--json')).join('\n')
	expect(JSON.parse(text)).toEqual([
		{
			owner: 'ward 3',
			key: 'key_1',
			requests: 2,
			promptTokens: 20,
			cachedTokens: 8,
			completionTokens: 40,
			reasoningTokens: 10,
			costMicros: 2_000_002,
			currency: 'EUR',
		},
	])
})

test('invalid values are rejected', async () => {
	for (const args of [
		['--by', 'color'],
		['--from', 'yesterday'],
		['--to', '2026-02-30'],
	])
		expect(await rejection(usage(...args))).toBeInstanceOf(CommanderError)
})
