import { afterEach, beforeEach, expect, test } from 'bun:test'
import type { ChatError } from '../../chat/error.ts'
import { openMemory } from '../sqlite/memory.testing.ts'
import type { Sql } from './sql.ts'
import type { SqlDatabase } from './sql-database.ts'
import { Writer } from './writer.ts'

let database: SqlDatabase
let order: string[]

beforeEach(async () => {
	database = await openMemory()
	await database.write((sql) => sql.unsafe('CREATE TABLE filler (id TEXT PRIMARY KEY)'))
	order = []
})
afterEach(() => database.close())

/** Stores two rows, and fails after them if `thrown` is given. */
function storing(name: string, thrown?: Error) {
	return async (sql: Sql) => {
		for (const id of [`${name}1`, `${name}2`]) {
			order.push(id)
			await sql`INSERT INTO filler ${sql([{ id }])}`
		}
		if (thrown !== undefined) throw thrown
		return name
	}
}

async function stored(): Promise<readonly unknown[]> {
	const rows = await database.sql`SELECT id FROM filler ORDER BY id`
	return rows.map(({ id }) => id)
}

test('works with different keys alternate in a transaction, others do not', async () => {
	const results = await Promise.all([
		database.write(storing('a'), 'one'),
		database.write(storing('b'), 'two'),
		database.write(storing('c'), 'one'),
		database.write(storing('d')),
		database.write(storing('e')),
	])
	expect(results).toEqual(['a', 'b', 'c', 'd', 'e'])
	expect(order).toEqual(['a1', 'b1', 'a2', 'b2', 'c1', 'c2', 'd1', 'd2', 'e1', 'e2'])
})

test('a work that fails leaves nothing, and those that alternate with it are stored', async () => {
	const ends = await Promise.allSettled([
		database.write(storing('a', new Error('failed')), 'one'),
		database.write(storing('b'), 'two'),
		database.write((sql) => sql`INSERT INTO filler ${sql([{ id: 'b2' }])}`, 'three'),
	])
	expect(ends.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected'])
	expect(await stored()).toEqual(['b1', 'b2'])
})

test('callers take turns, and a large write has a transaction of its own', async () => {
	const share = (owner: string, rows = 1) => ({ caller: ['t', owner] as const, rows })
	const ended: string[] = []
	const write = (name: string, owner: string, rows?: number) =>
		database.write(storing(name), name, share(owner, rows)).then(() => ended.push(name))
	// The first one occupies the writer, so that the others wait.
	const first = write('first', 'x')
	await Promise.all([
		first,
		...Array.from({ length: 8 }, (_, at) => write(`large${at}`, 'hostile', 1000)),
		write('small', 'polite'),
	])
	expect(ended.indexOf('small')).toBeLessThanOrEqual(2)
	expect(await stored()).toHaveLength(20)
})

test('many writes of the largest shared size do not share one transaction', async () => {
	const write = (name: string, owner: string) =>
		database.write(storing(name), name, { caller: ['t', owner], rows: 100 })
	let before = 0
	await Promise.all([
		...Array.from({ length: 60 }, (_, at) => write(`many${at}`, 'hostile')),
		write('few', 'polite').then(() => {
			before = order.length
		}),
	])
	expect(before).toBeLessThan(30)
	expect(await stored()).toHaveLength(122)
})

test('if too many writes are pending, the newest of the caller with the most is refused', async () => {
	const writer = new Writer({ sql: () => database.sql, explain: () => undefined, maxWaiting: 4 })
	const write = (owner: string) =>
		writer
			.write(async () => owner, undefined, { caller: ['t', owner], rows: 1 })
			.catch((thrown: ChatError) => thrown.code)
	const results = await Promise.all([
		...Array.from({ length: 5 }, () => write('hostile')),
		write('polite'),
		write('polite'),
	])
	expect(results.slice(5)).toEqual(['polite', 'polite'])
	expect(results.filter((result) => result === 'store_overloaded')).toHaveLength(3)
})

test('a write waits for one write of another tenant at most whose statements cannot alternate with its own', async () => {
	const database = await openMemory()
	const writer = new Writer({ sql: () => database.sql, explain: () => undefined })
	let begun = 0
	const hostile = (key?: string) =>
		writer.write(
			async (sql) => {
				begun++
				for (let statement = 0; statement < 3; statement++) await sql`SELECT 1`
			},
			key,
			{ caller: ['hostile', 'h'], rows: 1 },
		)
	const writes = Array.from({ length: 8 }, () => hostile())
	await writer.write((sql) => sql`SELECT 1`, 'key', { caller: ['polite', 'p'], rows: 1 })
	expect(begun).toBeLessThan(3)
	await Promise.all(writes)
	await database.close()
})
