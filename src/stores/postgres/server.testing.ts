// New databases on a PostgreSQL server for tests, if the environment specifies a server.

import { randomBytes } from 'node:crypto'
import { SQL } from 'bun'

/** URL of a server on which tests may create databases; undefined if none is configured. */
export const postgresServer = process.env.DRAGOMAN_TEST_POSTGRES

export interface FreshDatabase {
	readonly url: string
	drop(): Promise<void>
}

/** @param options appended to CREATE DATABASE. */
export async function freshDatabase(server: string, options = ''): Promise<FreshDatabase> {
	const name = `test_${randomBytes(8).toString('hex')}`
	const admin = new SQL(server, { max: 1 })
	await admin.unsafe(`CREATE DATABASE ${name} ${options}`)
	const url = new URL(server)
	url.pathname = `/${name}`
	return {
		url: url.href,
		async drop() {
			await admin.unsafe(`DROP DATABASE ${name} WITH (FORCE)`)
			await admin.close()
		},
	}
}
