// A short kill loop: `npm run test:crash` runs a long one.

import { expect, test } from 'bun:test'
import { killLoop } from './kill-loop.ts'

test('nothing is lost and nothing billed twice by kill -9', async () => {
	const seed = Math.floor(Math.random() * 1_000_000)
	const lines: string[] = [`seed ${seed}`]
	const findings = await killLoop({ rounds: 3, seed, longestMs: 1200, report: (line) => lines.push(line) })
	expect({ lines, violations: findings.violations }).toEqual({ lines, violations: [] })
	expect(findings.turns).toBeGreaterThan(20)
	expect(findings.entries).toBeGreaterThanOrEqual(findings.turns)
}, 60_000)
