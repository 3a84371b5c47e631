// Pages of the documentation that need PostgreSQL are followed. docs/how-to/postgresql.md creates its database and its role on
// the server of the tests; both are removed before and afterwards.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { SQL } from 'bun'
import { loadPage, pagePaths } from '../docs/documented-pages.ts'
import { runPage } from '../docs/page-run.ts'

const server = process.env.DRAGOMAN_TEST_POSTGRES ?? ''

async function removeObjects(): Promise<void> {
	const sql = new SQL(server, { max: 1 })
	await sql.unsafe('DROP DATABASE IF EXISTS dragoman WITH (FORCE)')
	await sql.unsafe('DROP ROLE IF EXISTS dragoman')
	await sql.close()
}

if (server === '') test.skip('pages that need PostgreSQL: there is no server', () => undefined)
else {
	beforeAll(removeObjects)
	afterAll(removeObjects)
	process.env.DRAGOMAN_TEST_POSTGRES_ADDRESS = new URL(server).host
	const pages = await Promise.all(pagePaths().map(([path, marked]) => loadPage(path, marked)))
	const needing = pages.filter(({ needs }) => needs.includes('postgres'))
	test('there are such pages', () => expect(needing.length).toBeGreaterThan(0))
	for (const page of needing) test(page.path, () => runPage(page), 300_000)
}
