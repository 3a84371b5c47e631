import { describe, expect, test } from 'bun:test'
import { alice, conversation } from '../../conversations/conversation-store.testing.ts'
import { openDatabase } from '../open-stores.ts'
import type { Row } from '../sql/sql.ts'
import { SqlConversationStore } from '../sql/sql-conversation-store.ts'
import type { SqlDatabase } from '../sql/sql-database.ts'
import { searchTexts } from './008-search-texts.ts'
import { databaseServers, openElsewhere, openInSeveralProcesses, spawnOpening } from './databases.testing.ts'
import { stepsFrom, undoStepsFrom } from './undo.testing.ts'

const name = '008-search-texts'
const messages = 3000
const texts = ['Straße', 'ΟΔΟΣ ΣΑΣ', 'plain TEXT', 'see data:image/png;base64,QUJDREVGR0g= here', 'e\u0301te\u0301']
const made = conversation({ title: 'GROẞE Reise' })

/** Rows that the previous version wrote. */
async function fill(database: SqlDatabase, kind: string): Promise<void> {
	await database.write(async (sql) => {
		await undoStepsFrom(sql, name, kind)
		await sql`INSERT INTO conversations ${sql([
			{
				...{ id: made.id, ...alice, end_user: null, title: made.title, search_title: made.title?.toLowerCase() },
				...{ metadata: '{}', listed: 1, head: null, created_at_ms: 1, updated_at_ms: 1 },
			},
		])}`
		for (let first = 0; first < messages; first += 500)
			await sql`INSERT INTO messages ${sql(Array.from({ length: 500 }, (_, index) => oldMessage(first + index)))}`
	})
}

function oldMessage(depth: number): Row {
	const text = `${texts[depth % texts.length]} number ${depth}.`
	return {
		...{
			conversation: made.id,
			id: `m${depth}`,
			parent: depth === 0 ? null : `m${depth - 1}`,
			turn: 't',
			branch: 0,
			depth,
		},
		...{ path_bytes: 1, body: JSON.stringify({ role: 'user', content: [{ type: 'text', text }] }) },
		...{ search_text: text.toLowerCase(), partial: 0, created_at_ms: 1 },
	}
}

async function expectMigrated(address: string, migrated: readonly string[]): Promise<void> {
	const database = await openDatabase(address, 'create')
	expect(database.migrated).toEqual(migrated)
	const { index } = new SqlConversationStore(database).in(alice)
	const found = async (text: string) => (await index.list({ limit: 9, order: 'asc', text }))?.items.length
	for (const text of ['STRASSE number 2995.', 'οδος σασ', 'Plain text number 2.', 'été', 'grosse', 'png;base64, here'])
		expect([text, await found(text)]).toEqual([text, 1])
	for (const text of ['QUJD', 'number 3000', 'strase']) expect([text, await found(text)]).toEqual([text, 0])
	await database.close()
}

for (const { kind, create } of databaseServers)
	describe(`on ${kind}`, () => {
		async function withOldDatabase(test: (address: string) => Promise<void>): Promise<void> {
			const { address, drop } = await create()
			try {
				const old = await openDatabase(address, 'create')
				await fill(old, kind)
				await old.close()
				await test(address)
			} finally {
				await drop()
			}
		}

		test('the texts of a database of the previous version are folded, and found', () =>
			withOldDatabase(async (address) => {
				await expectMigrated(address, stepsFrom(name))
				await expectMigrated(address, [])
			}))

		test('an interrupted step starts again', () =>
			withOldDatabase(async (address) => {
				const database = await openDatabase(address, 'expect').catch(({ message }) => message)
				expect(database).toContain(name)
				const children = [1, 2, 3].map(() => spawnOpening(address))
				// Killed at different moments of the step, or before it.
				for (const child of children) {
					await Promise.race([child.exited, Bun.sleep(150)])
					child.kill('SIGKILL')
					await child.exited
				}
				await openElsewhere(address)
				await expectMigrated(address, [])
			}))

		test('several processes migrate at the same time', () =>
			withOldDatabase(async (address) => {
				expect(await openInSeveralProcesses(address)).toEqual(stepsFrom(name).toSorted())
				await expectMigrated(address, [])
			}))

		test('a batch that is folded remains as it is', () =>
			withOldDatabase(async (address) => {
				await expectMigrated(address, stepsFrom(name))
				const database = await openDatabase(address, 'create')
				await database.write(async (sql) => {
					for (const { rewriteBatch } of searchTexts) {
						const once = await rewriteBatch(sql, 100, undefined)
						expect(await rewriteBatch(sql, 100, undefined)).toEqual(once)
					}
				})
				await database.close()
			}))
	})
