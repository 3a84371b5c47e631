// dragoman copy: copies all data from one database to another, which may be of another kind.

import { Command } from 'commander'
import type { Environment } from '../config/environment.ts'
import { expand } from '../config/variables.ts'
import { findStoreKind, storeKinds } from '../stores/list.ts'
import { CliError } from './cli-error.ts'
import type { CommandContext } from './command.ts'
import { table } from './table.ts'

interface CopyFlags {
	readonly from: string
	readonly to: string
	readonly json?: true
}

export function copyCommand(context: CommandContext): Command {
	return new Command('copy')
		.description('copy all data from one database to another, which must be empty, and compare them')
		.requiredOption(
			'--from <database>',
			`${storeKinds.map(({ addressExample }) => addressExample).join(' or ')}; \${NAME} is replaced by an environment variable`,
		)
		.requiredOption('--to <database>', 'the same; a file that does not exist is created')
		.option('--json', 'print JSON')
		.action(async ({ from, to, json }: CopyFlags) => {
			const copied = await copy(
				parseAddress('--from', from, context.environment),
				parseAddress('--to', to, context.environment),
			)
			const rows = copied.map((one) => [one.table, String(one.to.rows), one.to.hash])
			if (json === true) context.print(JSON.stringify(copied, null, 2))
			else for (const line of table(['TABLE', 'ROWS', 'SHA-256'], rows)) context.print(line)
			const different = copied.filter(({ same }) => !same)
			if (different.length > 0)
				throw new CliError(
					different
						.map(
							({ table, from, to }) =>
								`'${table}' differs: ${from.rows} rows in the source, ${to.rows} rows in the target.`,
						)
						.join('\n'),
				)
			context.printStatus('Both databases contain the same data.')
		})
}

async function copy(from: string, to: string) {
	const { openDatabase } = await import('../stores/open-stores.ts')
	const { copyDatabase } = await import('../stores/copy-database.ts')
	const source = await openDatabase(from, 'update')
	try {
		const target = await openDatabase(to, 'create')
		try {
			return await copyDatabase(source, target)
		} finally {
			await target.close()
		}
	} finally {
		await source.close()
	}
}

function parseAddress(option: string, given: string, environment: Environment): string {
	const { text, problem } = expand(given, environment)
	if (problem !== undefined) throw new CliError(`${option}: ${problem}`, 2)
	const kind = findStoreKind(text)
	if (kind !== undefined) return kind.resolve(text)
	const forms = storeKinds.map(({ addressForm }) => addressForm).join(' nor ')
	// A misspelled URL may contain a password.
	const subject = /[@:]/.test(given) ? 'the database' : `"${given}"`
	throw new CliError(`${option}: ${subject} is neither ${forms}`, 2)
}
