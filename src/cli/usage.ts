// dragoman usage: shows usage and cost from the daily totals in the database, even while a server runs on the same data
// folder.

import { Command, InvalidArgumentError, Option } from 'commander'
import type { ConfigFlags } from '../config/settings.ts'
import { configuredKey, configuredKeyLabel } from '../keys/configured-key.ts'
import { type UsageGroup, type UsageQuery, type UsageSum, usageGroups } from '../ledger/usage-query.ts'
import { systemClock } from '../system/clock.ts'
import { CliError } from './cli-error.ts'
import { addConfigOptions, type CommandContext } from './command.ts'
import { withStores } from './configured-stores.ts'
import { outputWidth, table } from './table.ts'
import { quarantineCommand } from './usage-quarantine.ts'

interface UsageFlags extends ConfigFlags {
	readonly by: readonly UsageGroup[]
	/** Start of a day in UTC, in milliseconds since 1970. */
	readonly from?: number
	readonly to?: number
	readonly json?: true
}

const dayMs = 86_400_000
/** Number of days in a report without --from. */
const usualDays = 30

export function usageCommand(context: CommandContext): Command {
	const command = addConfigOptions(new Command('usage').description('show usage and cost by day (UTC)'))
		.addOption(
			new Option('--by <groups>', `fields to group by: any of ${usageGroups.join(', ')}, separated by commas`)
				.argParser(readGroups)
				.default(['day', 'model'], 'day,model'),
		)
		.option('--from <date>', 'first day, such as 2026-11-23 (default: 29 days before the last)', readDay)
		.option('--to <date>', 'last day (default: today)', readDay)
		.option('--json', 'print JSON')
		.action(async (flags: UsageFlags) => {
			const { sums, keyNames } = await readUsage(flags, context)
			if (flags.json === true) {
				const flat = sums.map(({ group, ...counts }) => {
					const keyName = keyNames.get(group.key ?? '')
					return { ...group, keyName, ...counts }
				})
				context.print(JSON.stringify(flat, null, 2))
			} else if (sums.length === 0) context.printStatus('There is no usage in this period.')
			else for (const line of writeTable(flags.by, { sums, keyNames }, outputWidth(context))) context.print(line)
		})
	// The options of a subcommand belong to it, although some have the same names.
	return command.enablePositionalOptions().addCommand(quarantineCommand(context))
}

interface UsageSummary {
	readonly sums: readonly UsageSum[]
	/** By id, of keys that still exist; empty unless usage is grouped by key. */
	readonly keyNames: ReadonlyMap<string, string>
}

function readUsage(flags: UsageFlags, context: CommandContext): Promise<UsageSummary> {
	return withStores(flags, context, async ({ keys, ledger }, { config }) => {
		const nowMs = systemClock.now()
		const names = new Map<string, string>()
		if (flags.by.includes('key')) {
			for (const { id, name } of await keys.list()) names.set(id, name)
			if (config.adminKey !== undefined) names.set(configuredKey(config.adminKey, nowMs).id, configuredKeyLabel)
		}
		return { sums: await ledger.usage(queryOf(flags, nowMs)), keyNames: names }
	})
}

function queryOf({ by, from, to }: UsageFlags, nowMs: number): UsageQuery {
	const lastMs = to ?? nowMs - (nowMs % dayMs)
	if (from !== undefined && from > lastMs)
		throw new CliError(
			`--from ${writtenDay(from)} is after ${to === undefined ? 'today' : `--to ${writtenDay(to)}`}.`,
			2,
		)
	const untilMs = lastMs + dayMs
	return { fromMs: from ?? untilMs - usualDays * dayMs, untilMs, groupBy: by }
}

/** One row for each group, and the total. */
function writeTable(
	by: readonly UsageGroup[],
	{ sums, keyNames }: UsageSummary,
	width: number | undefined,
): readonly string[] {
	const labels = by.flatMap((group) => (group === 'key' ? ['KEY', 'NAME'] : [group.toUpperCase()]))
	const groups = new Map<string, UsageSum[]>()
	for (const sum of sums) {
		const id = JSON.stringify(by.map((group) => sum.group[group] ?? ''))
		groups.set(id, [...(groups.get(id) ?? []), sum])
	}
	const rows = [...groups.values()].map((members) => [
		...by.flatMap((group) => {
			const value = members[0]?.group[group] ?? ''
			return group === 'key' ? [value, keyNames.get(value) ?? ''] : [value]
		}),
		...writeCounts(members),
	])
	const total = [...labels.map((_, index) => (index === 0 ? 'TOTAL' : '')), ...writeCounts(sums)]
	const head = [...labels, 'REQUESTS', 'PROMPT', 'CACHED', 'COMPLETION', 'REASONING', 'COST']
	return table(head, [...rows, total], width)
}

const counts = ['requests', 'promptTokens', 'cachedTokens', 'completionTokens', 'reasoningTokens'] as const

/** Costs in different currencies are not added. Models without a price have none. */
function writeCounts(sums: readonly UsageSum[]): readonly string[] {
	const costs = new Map<string, number>()
	for (const { currency, costMicros } of sums)
		if (currency !== '') costs.set(currency, (costs.get(currency) ?? 0) + costMicros)
	return [
		...counts.map((count) => String(sums.reduce((total, sum) => total + sum[count], 0))),
		[...costs].map(([currency, micros]) => `${(micros / 1_000_000).toFixed(6)} ${currency}`).join(' + '),
	]
}

function readGroups(text: string): readonly UsageGroup[] {
	return text.split(',').map((word) => {
		const group = usageGroups.find((one) => one === word.trim())
		if (group === undefined) throw new InvalidArgumentError(`'${word}' is not one of ${usageGroups.join(', ')}.`)
		return group
	})
}

function readDay(text: string): number {
	const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
	if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(text))
		throw new InvalidArgumentError('Expected a date, such as 2026-11-23.')
	return ms
}

function writtenDay(ms: number): string {
	return new Date(ms).toISOString().slice(0, 10)
}
