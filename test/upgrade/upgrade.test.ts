// A database that version 0.1 wrote, opened by this version: every message, turn, stored completion, response and item
// reads the same through the HTTP API. version-0.1.jsonl contains the key, the rows of that database, and the responses
// of that version's server. One difference is intended: reasoning in several blocks was one item, and is one item for
// each block.

import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { SQL } from 'bun'
import { migrations } from '../../src/stores/migrations/migration.ts'
import { freshDatabase, postgresServer } from '../../src/stores/postgres/server.testing.ts'
import { runCommand, startServer, temporaryFolder } from '../server.ts'

type Line =
	| { readonly key: string }
	| { readonly table: string; readonly row: Readonly<Record<string, string | number | null>> }
	| { readonly path: string; readonly answer: unknown }

const lines: readonly Line[] = (await Bun.file(join(import.meta.dir, 'version-0.1.jsonl')).text())
	.trim()
	.split('\n')
	.map((line): Line => JSON.parse(line))
const key = lines.flatMap((line) => ('key' in line ? [line.key] : [])).join('')
const rows = lines.flatMap((line) => ('table' in line ? [line] : []))
const answers = lines.flatMap((line) => ('path' in line ? [line] : []))

/** The steps that version 0.1 applied. */
const oldSchema = migrations.flatMap((step) => ('sql' in step && step.name < '007' ? [step.sql] : []))
const migrationsTable = 'CREATE TABLE migrations (name TEXT PRIMARY KEY, applied_at_ms BIGINT NOT NULL)'

/** @returns the data folder of a server of version 0.1. */
async function oldFolder(): Promise<string> {
	const folder = await temporaryFolder()
	const database = new Database(join(folder, 'dragoman.sqlite'))
	for (const sql of [migrationsTable, ...oldSchema]) database.run(sql)
	for (const { table, row } of rows) {
		const columns = Object.keys(row)
		const marks = columns.map(() => '?').join(', ')
		database.query(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${marks})`).run(...Object.values(row))
	}
	database.close()
	return folder
}

interface ReasoningItem {
	readonly type: 'reasoning'
	readonly id: string
	readonly content: readonly { readonly type: string; readonly text: string }[]
}

/** The same JSON with the reasoning items of one message joined. */
function joinReasoning(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(joinReasoning).reduce<readonly unknown[]>(joinItem, [])
	if (typeof value !== 'object' || value === null) return value
	return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, joinReasoning(field)]))
}

function joinItem(items: readonly unknown[], item: unknown): readonly unknown[] {
	const last = items.at(-1)
	if (!isReasoning(item) || !isReasoning(last) || !item.id.startsWith(`${last.id}.`)) return [...items, item]
	const [first] = last.content
	const text = [...last.content, ...item.content].map((part) => part.text).join('')
	return [...items.slice(0, -1), { ...last, content: [{ ...first, text }] }]
}

function isReasoning(item: unknown): item is ReasoningItem {
	return typeof item === 'object' && item !== null && 'type' in item && item.type === 'reasoning'
}

async function expectSameAnswers(data: string, config?: string): Promise<void> {
	const server = await startServer({ data, config })
	try {
		const now = await Promise.all(
			answers.map(async ({ path }) => {
				const response = await fetch(server.url + path, { headers: { authorization: `Bearer ${key}` } })
				return [path, joinReasoning(await response.json())]
			}),
		)
		// Responses may have more fields than before.
		expect(now).toMatchObject(answers.map(({ path, answer }) => [path, answer]))
	} finally {
		await server.stop()
	}
}

test('a SQLite database of version 0.1 reads the same', async () => {
	await expectSameAnswers(await oldFolder())
}, 60_000)

test('a copy of a database of version 0.1 has the form of this version', async () => {
	const [from, to] = [await oldFolder(), await temporaryFolder()].map((folder) => join(folder, 'dragoman.sqlite'))
	const copied = await runCommand(['copy', '--from', `sqlite:${from}`, '--to', `sqlite:${to}`])
	expect(copied).toMatchObject({ status: 0, stderr: 'Both databases contain the same data.\n' })
	const database = new Database(to)
	const count = (condition: string) => database.query(`SELECT id FROM messages WHERE ${condition}`).all().length
	expect([count('TRUE'), count(`body LIKE '%"toolCalls"%'`)]).toEqual([46, 0])
	expect(count(`body LIKE '%"type":"tool-call"%'`)).toBeGreaterThan(5)
	database.close()
}, 60_000)

if (postgresServer !== undefined)
	test('a PostgreSQL database of version 0.1 reads the same', async () => {
		const fresh = await freshDatabase(postgresServer as string)
		try {
			const sql = new SQL(fresh.url)
			for (const text of [migrationsTable, ...oldSchema]) await sql.unsafe(text)
			for (const { table, row } of rows) await sql`INSERT INTO ${sql(table)} ${sql([row])}`
			await sql.close()
			await expectSameAnswers(
				await temporaryFolder(),
				`database: ${fresh.url}\nmodels: { echo: { route: [echo] } }\nupstreams: { echo: { engine: echo } }\n`,
			)
		} finally {
			await fresh.drop()
		}
	}, 60_000)
