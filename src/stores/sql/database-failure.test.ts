import { describe, expect, test } from 'bun:test'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ChatError } from '../../chat/error.ts'
import { openSqlite } from '../sqlite/sqlite.ts'
import { explainingFailures } from './database-failure.ts'
import type { DatabaseFailure } from './sql-database.ts'
import { SqlKeyStore } from './sql-key-store.ts'
import { Writer } from './writer.ts'

const cause = new Error('the reason that only the operator reads')

/** What a caller receives if its work fails, and the reasons of `reconnect`. */
async function outcome(failure: DatabaseFailure | undefined) {
	const reconnected: string[] = []
	const store = {
		async work() {
			throw cause
		},
	}
	const database = { explain: () => failure, reconnect: (reason: string) => void reconnected.push(reason) }
	const thrown: unknown = await explainingFailures(store, database)
		.work()
		.catch((error: unknown) => error)
	return { thrown, reconnected }
}

describe('a caller receives', () => {
	test.each(['unavailable', 'session-lost', 'contention'] as const)(
		'503 without the cause after %p',
		async (failure) => {
			const { thrown, reconnected } = await outcome(failure)
			expect(thrown).toBeInstanceOf(ChatError)
			expect(thrown).toMatchObject({ kind: 'unavailable', code: 'store_unavailable', retryAfterMs: 1000, cause })
			expect(String(thrown)).not.toContain('operator')
			expect(reconnected).toEqual(failure === 'session-lost' ? ['session-lost'] : [])
		},
	)
	test('an invalid request after a text with U+0000', async () => {
		const { thrown } = await outcome('invalid-text')
		expect(thrown).toMatchObject({ kind: 'invalid-request', message: expect.stringContaining('U+0000'), cause })
	})
	test('an invalid request that does not mention U+0000 after a character that cannot be encoded', async () => {
		const { thrown } = await outcome('unsupported-text')
		expect(thrown).toMatchObject({ kind: 'invalid-request', message: expect.stringContaining('encoding'), cause })
		expect(String(thrown)).not.toContain('U+0000')
	})
	test.each(['duplicate', undefined] as const)('the error itself after %p', async (failure) => {
		expect((await outcome(failure)).thrown).toBe(cause)
	})
})

describe('a write is attempted', () => {
	test.each([
		['contention', 5],
		['duplicate', 5],
		['unavailable', 1],
		['session-lost', 1],
		['invalid-text', 1],
	] as const)('after %p, in all %p times', async (failure, attempts) => {
		const database = await openSqlite(join(await mkdtemp(join(tmpdir(), 'dragoman-test-')), 'new.sqlite'))
		const writer = new Writer({ sql: () => database.sql, explain: () => failure })
		let attempted = 0
		const written = writer.write(async () => {
			attempted++
			throw cause
		})
		expect(await written.catch((thrown: unknown) => thrown)).toBe(cause)
		expect(attempted).toBe(attempts)
		await database.close()
	})
})

test('a damaged SQLite file is unavailable', async () => {
	const file = join(await mkdtemp(join(tmpdir(), 'dragoman-test-')), 'damaged.sqlite')
	await (await openSqlite(file)).close()
	const pages = new Uint8Array(await Bun.file(file).arrayBuffer())
	const database = await openSqlite(file)
	// All pages but that of the schema.
	await Bun.write(file, pages.fill(0xff, 4096))
	const keys = explainingFailures(new SqlKeyStore(database), database)
	expect(await keys.list().catch((thrown: unknown) => thrown)).toMatchObject({
		code: 'store_unavailable',
		cause: { code: expect.stringMatching(/^SQLITE_(CORRUPT|IOERR)/) },
	})
	await database.close()
})
