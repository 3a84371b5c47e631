// dragoman copy: everything of one database put into another, as when a deployment moves from SQLite to PostgreSQL.

import { stat } from 'node:fs/promises'
import { Command } from 'commander'
import { Complaint } from './complaint.ts'
import type { CommandSurroundings } from './program.ts'
import { table } from './table.ts'

interface CopyFlags {
	readonly from: string
	readonly to: string
}

export function copyCommand(surroundings: CommandSurroundings): Command {
	return new Command('copy')
		.description('put everything of one database into another that is empty, and compare them')
		.requiredOption('--from <database>', 'sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME')
		.requiredOption('--to <database>', 'the same; SQLite files are made')
		.action(async ({ from, to }: CopyFlags) => {
			const { openDatabase } = await import('../stores/open-stores.ts')
			const { copyDatabase } = await import('../stores/copy-database.ts')
			const [sourcePlace, targetPlace] = [placeOf(from), placeOf(to)]
			if (sourcePlace.database === 'sqlite') await expectFile(sourcePlace.databaseFile)
			const source = await openDatabase(sourcePlace)
			const target = await openDatabase(targetPlace)
			const rows: (readonly string[])[] = []
			try {
				await copyDatabase(source, target, ({ table: name, rows: count, hash }) =>
					rows.push([name, String(count), hash]),
				)
			} catch (thrown) {
				throw new Complaint(thrown instanceof Error ? thrown.message : String(thrown))
			} finally {
				await source.close()
				await target.close()
			}
			for (const line of table(['TABLE', 'ROWS', 'SHA-256'], rows)) surroundings.print(line)
			surroundings.tell('Both databases hold the same.')
		})
}

function placeOf(text: string): { readonly database: string; readonly databaseFile: string } {
	if (/^postgres(ql)?:\/\/./.test(text)) return { database: text, databaseFile: '' }
	const file = /^sqlite:(?:\/\/)?(.+)$/.exec(text)?.[1]
	if (file === undefined) throw new Complaint(`'${text.split('@').at(-1)}' is neither sqlite:PATH nor postgres://….`)
	return { database: 'sqlite', databaseFile: file }
}

async function expectFile(file: string): Promise<void> {
	if ((await stat(file).catch(() => undefined))?.isFile() !== true)
		throw new Complaint(`There is no database at ${file}.`)
}
