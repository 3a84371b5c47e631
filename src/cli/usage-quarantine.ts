// dragoman usage quarantine: lists and exports the usage records that the database refuses, and inserts them again,
// even while a server runs on the same data folder. It does not know why a record is refused.

import { Command } from 'commander'
import { type ConfigFlags, readSettings } from '../config/settings.ts'
import { describeRefusal } from '../ledger/entry-delivery.ts'
import type { QuarantinedEntry } from '../ledger/quarantine.ts'
import { CliError } from './cli-error.ts'
import { addConfigOptions, type CommandContext } from './command.ts'
import { withStores } from './configured-stores.ts'
import { outputWidth, table } from './table.ts'

export function quarantineCommand(context: CommandContext): Command {
	const quarantine = new Command('quarantine').description('usage records that the database refuses')
	addConfigOptions(
		quarantine
			.command('list', { isDefault: true })
			.alias('ls')
			.description('list them, with the reason of the database'),
	)
		.option('--json', 'print JSON, with the complete records')
		.action((flags: QuarantineListFlags) => list(flags, context))
	addConfigOptions(quarantine.command('retry').description('insert them into the database again'))
		.argument('[ids...]', 'ids of the records (default: all)')
		.action((ids: readonly string[], flags: ConfigFlags) => retry(ids, flags, context))
	addConfigOptions(quarantine.command('export').description('print them as JSON')).action((flags: ConfigFlags) =>
		exportAll(flags, context),
	)
	return quarantine
}

interface QuarantineListFlags extends ConfigFlags {
	readonly json?: true
}

async function list({ json, ...flags }: QuarantineListFlags, context: CommandContext): Promise<void> {
	const found = await read(flags, context)
	const head = ['ID', 'SETTLED', 'KEY', 'MODEL', 'PROMPT', 'COMPLETION', 'REASON']
	if (json === true) context.print(JSON.stringify(found, null, 2))
	else if (found.length === 0) context.printStatus('No usage records are in quarantine.')
	else for (const line of table(head, found.map(describe), outputWidth(context))) context.print(line)
}

async function exportAll(flags: ConfigFlags, context: CommandContext): Promise<void> {
	context.print(JSON.stringify(await read(flags, context), null, 2))
}

/** @throws CliError if an id is unknown, or if the database still refuses records. */
async function retry(ids: readonly string[], flags: ConfigFlags, context: CommandContext): Promise<void> {
	const { inserted, refused } = await withStores(flags, context, async ({ ledger }, { quarantineFolder }) => {
		const { Quarantine } = await import('../ledger/quarantine.ts')
		const quarantine = new Quarantine(quarantineFolder)
		const all = await quarantine.list()
		const unknown = ids.find((id) => !all.some(({ entry }) => entry.id === id))
		if (unknown !== undefined)
			throw new CliError(
				`There is no usage record '${unknown}' in quarantine: \`dragoman usage quarantine list\` lists them.`,
			)
		const chosen = ids.length === 0 ? all : all.filter(({ entry }) => ids.includes(entry.id))
		const refused: string[] = []
		for (const { entry } of chosen) {
			try {
				await ledger.insert([entry])
			} catch (thrown) {
				refused.push(`${entry.id}: ${describeRefusal(thrown)}`)
				continue
			}
			await quarantine.remove(entry.id)
		}
		return { inserted: chosen.length - refused.length, refused }
	})
	context.printStatus(`${inserted} usage record${inserted === 1 ? '' : 's'} inserted.`)
	if (refused.length > 0)
		throw new CliError(`The database refuses ${refused.length} of them, which remain in quarantine:`, 1, refused)
}

async function read(flags: ConfigFlags, { environment }: CommandContext): Promise<readonly QuarantinedEntry[]> {
	const { Quarantine } = await import('../ledger/quarantine.ts')
	const { quarantineFolder } = await readSettings(flags, environment)
	return new Quarantine(quarantineFolder).list()
}

function describe({ entry, reason }: QuarantinedEntry): readonly string[] {
	return [
		printable(entry.id),
		minute(entry.settledAtMs),
		printable(entry.key),
		printable(entry.model),
		String(entry.promptTokens),
		String(entry.completionTokens),
		printable(reason),
	]
}

/** In UTC. A time that is out of range may be why the record is refused. */
function minute(ms: number): string {
	const date = new Date(ms)
	return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString().slice(0, 16).replace('T', ' ')
}

/** Escapes line ends and control characters, which come from strangers. */
function printable(text: string): string {
	return text.replace(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
