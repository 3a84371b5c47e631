// Mutated requests on PostgreSQL, which refuses texts that SQLite stores.

import { expect, test } from 'bun:test'
import { freshDatabase, postgresServer } from '../../src/stores/postgres/server.testing.ts'
import { fuzz } from '../fuzz/fuzz.ts'

test.skipIf(postgresServer === undefined)(
	'mutated requests of every dialect are answered or refused',
	async () => {
		const database = await freshDatabase(postgresServer ?? '')
		try {
			const { violations, statuses } = await fuzz({
				seed: 15,
				from: 0,
				requests: 1000,
				concurrency: 16,
				database: database.url,
				report: () => undefined,
			})
			expect(violations).toEqual([])
			expect(statuses.get(200) ?? 0).toBeGreaterThan(50)
		} finally {
			await database.drop()
		}
	},
	60_000,
)
