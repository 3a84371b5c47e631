import { expect, test } from 'bun:test'
import { freshDatabase, postgresServer } from '../../src/stores/postgres/server.testing.ts'
import { killLoop } from '../crash/kill-loop.ts'

if (postgresServer !== undefined)
	test('nothing is lost and nothing billed twice by kill -9, on PostgreSQL', async () => {
		const fresh = await freshDatabase(postgresServer as string)
		try {
			const seed = Math.floor(Math.random() * 1_000_000)
			const lines: string[] = [`seed ${seed}`]
			const report = (line: string) => lines.push(line)
			const findings = await killLoop({ rounds: 2, seed, longestMs: 1000, database: fresh.url, report })
			expect({ lines, violations: findings.violations }).toEqual({ lines, violations: [] })
			expect(findings.turns).toBeGreaterThan(5)
		} finally {
			await fresh.drop()
		}
	}, 60_000)
