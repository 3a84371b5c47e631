// The contract of databases whose reads wait for a connection: callers take turns. Turns are counted in statements, not in
// time.

import { describe, expect, test } from 'bun:test'
import type { SharePath } from '../system/fair-queue.ts'
import type { Reads, SqlDatabase } from './sql/sql-database.ts'

const heavy = `WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 5000)
	SELECT COUNT(*) AS count FROM numbers`
const busy: SharePath = ['a', 'busy']
const others: readonly SharePath[] = [
	['a', 'other'],
	['b', 'other'],
]
const queued = 200
/** Each connection may run a few statements at the time of a read, and may take some more meanwhile. */
const few = 24

type Read = (reads: Reads) => Promise<unknown>

const reads: Readonly<Record<string, Read>> = {
	read: ({ sql }) => sql.unsafe(heavy),
	'slow read': ({ slowSql }) => slowSql.unsafe(heavy),
	search: (caller) => caller.search(60_000, (sql) => sql.unsafe(heavy)),
}
const short: Readonly<Record<string, Read>> = {
	read: ({ sql }) => sql`SELECT ${1} AS one`,
	'slow read': ({ slowSql }) => slowSql`SELECT ${1} AS one`,
	search: (caller) => caller.search(60_000, (sql) => sql`SELECT ${1} AS one`),
}

/** @param open opens a new, empty database with its connections. Closing it may also remove it. */
export function readTurnsContract(name: string, open: () => Promise<SqlDatabase>): void {
	describe(`turns of reads in ${name}`, () => {
		for (const [busyKind, many] of Object.entries(reads))
			for (const [kind, one] of Object.entries(short))
				test(`one ${kind} waits for few of ${queued} times another caller's ${busyKind}`, async () => {
					const database = await open()
					await many(database)
					let ended = 0
					const caller = database.readsOf(busy)
					const running = Array.from({ length: queued }, () => many(caller).finally(() => ended++))
					for (const other of others) {
						const before = ended
						await one(database.readsOf(other))
						expect(ended - before).toBeLessThanOrEqual(few)
					}
					// On a busy machine the last ones may be too late.
					await Promise.allSettled(running)
					await database.close()
				})
	})
}
