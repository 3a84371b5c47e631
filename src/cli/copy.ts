// dragoman copy: everything of one database put into another, as when a deployment moves from SQLite to PostgreSQL.

import { resolve } from 'node:path'
import { Command } from 'commander'
import type { Environment } from '../config/environment.ts'
import { expand } from '../config/variables.ts'
import type { CommandContext } from './command.ts'
import { Complaint } from './complaint.ts'
import { table } from './table.ts'

interface CopyFlags {
	readonly from: string
	readonly to: string
}

interface Place {
	readonly database: string
	readonly databaseFile: string
}

export function copyCommand(surroundings: CommandContext): Command {
	return new Command('copy')
		.description('put everything of one database into another that is empty, and compare them')
		.requiredOption(
			'--from <database>',
			`sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME; \${NAME} stands for a variable of the environment`,
		)
		.requiredOption('--to <database>', 'the same; a SQLite file is made')
		.action(async ({ from, to }: CopyFlags) => {
			const copied = await copy(
				placeOf('--from', from, surroundings.environment),
				placeOf('--to', to, surroundings.environment),
			)
			const rows = copied.map((one) => [one.table, String(one.to.rows), one.to.hash])
			for (const line of table(['TABLE', 'ROWS', 'SHA-256'], rows)) surroundings.print(line)
			const different = copied.filter(({ same }) => !same)
			if (different.length > 0)
				throw new Complaint(
					different
						.map(({ table, from, to }) => `'${table}' differs: ${from.rows} rows were read, ${to.rows} are there now.`)
						.join('\n'),
				)
			surroundings.tell('Both databases hold the same.')
		})
}

async function copy(from: Place, to: Place) {
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

function placeOf(option: string, words: string, environment: Environment): Place {
	const { text, complaint } = expand(words, environment)
	if (complaint !== undefined) throw new Complaint(`${option}: ${complaint}`)
	if (/^postgres(ql)?:\/\/./.test(text)) return { database: text, databaseFile: '' }
	const file = /^sqlite:(?:\/\/)?(.+)$/.exec(text)?.[1]
	// A misspelled URL may hold a password.
	if (file === undefined)
		throw new Complaint(
			/[@:]/.test(words)
				? `${option}: the database is neither sqlite:PATH nor postgres://…`
				: `${option}: "${words}" is neither sqlite:PATH nor postgres://…`,
		)
	return { database: 'sqlite', databaseFile: resolve(file) }
}
