// New databases of every kind for tests of migrations, and other processes that migrate them.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freshDatabase, postgresServer } from '../postgres/server.testing.ts'

export interface NewDatabase {
	/** See `StoreKind`. */
	readonly address: string
	drop(): Promise<void>
}

export interface DatabaseServer {
	readonly kind: string
	readonly create: () => Promise<NewDatabase>
}

/** Those that can be tested. */
export const databaseServers: readonly DatabaseServer[] = [
	{
		kind: 'SQLite',
		async create() {
			const folder = await mkdtemp(join(tmpdir(), 'dragoman-rewrite-'))
			return {
				address: `sqlite:${join(folder, 'dragoman.sqlite')}`,
				drop: () => rm(folder, { recursive: true }),
			}
		},
	},
	...(postgresServer === undefined
		? []
		: [{ kind: 'PostgreSQL', create: () => newPostgres(postgresServer as string) }]),
]

async function newPostgres(server: string): Promise<NewDatabase> {
	const { url, drop } = await freshDatabase(server)
	return { address: url, drop }
}

/** Opens the database in another process. @returns what it printed: the steps that it applied, or an error. */
export async function openElsewhere(address: string): Promise<string> {
	const child = spawnOpening(address)
	const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
	return (output + errors).trim()
}

/** Opens the database in several processes at the same time. @returns the steps that they applied, each as often as it was. */
export async function openInSeveralProcesses(address: string): Promise<readonly string[]> {
	const applied = await Promise.all(Array.from({ length: 4 }, () => openElsewhere(address)))
	return applied.flatMap((steps) => (steps === '' ? [] : steps.split(','))).toSorted()
}

/** A process that opens the database, and prints the steps that it applied. */
export function spawnOpening(address: string) {
	const script = `
		import { openDatabase } from '${join(import.meta.dir, '..', 'open-stores.ts')}'
		const database = await openDatabase('${address}', 'create')
		console.log(database.migrated.join())
		await database.close()`
	return Bun.spawn([process.execPath, '-e', script], { stdout: 'pipe', stderr: 'pipe' })
}
