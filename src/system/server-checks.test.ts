import { expect, test } from 'bun:test'
import { openLog } from './log.ts'
import { type Fault, ServerChecks } from './server-checks.ts'

const silent = openLog({ level: 'silent', format: 'json' })
const passes = async () => undefined

test('concurrent readers share one check, and its result is cached', async () => {
	let runs = 0
	const database = async (): Promise<Fault> => {
		runs++
		await Bun.sleep(20)
		return { reason: 'away' }
	}
	const checks = new ServerChecks({ database, journal: passes, disk: passes }, silent)
	const all = await Promise.all(Array.from({ length: 100 }, () => checks.results()))
	for (const results of all)
		expect(results).toEqual({ database: { ok: false, reason: 'away' }, journal: { ok: true }, disk: { ok: true } })
	await checks.results()
	expect(runs).toBe(1)
})

test('a check that hangs delays readers only briefly, and its result is used when it ends', async () => {
	const answer = Promise.withResolvers<Fault | undefined>()
	const checks = new ServerChecks({ database: () => answer.promise, journal: passes, disk: passes }, silent)
	const startedMs = performance.now()
	expect((await checks.results()).database).toEqual({ ok: true })
	expect(performance.now() - startedMs).toBeLessThan(5000)
	answer.resolve({ reason: 'silent' })
	await answer.promise
	expect((await checks.results()).database).toEqual({ ok: false, reason: 'silent' })
})

test('a check that throws fails without exposing its message', async () => {
	const lines: string[] = []
	const log = openLog({ level: 'info', format: 'json' }, (text) => lines.push(text))
	const disk = () => Promise.reject(new Error('EIO /srv/secret'))
	const checks = new ServerChecks({ database: passes, journal: passes, disk }, log)
	expect((await checks.results()).disk).toEqual({ ok: false, reason: 'the check failed' })
	expect(lines.join('')).toContain('EIO /srv/secret')
})
