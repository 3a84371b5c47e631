import { expect, test } from 'bun:test'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from './clock.ts'
import { holdLock, holdSharedLock, withLock } from './lock.ts'
import { rejection } from './rejection.testing.ts'

const { sleep } = systemClock

async function freshLock(): Promise<string> {
	return join(await mkdtemp(join(tmpdir(), 'dragoman-lock-')), 'some.lock')
}

test('one holder at a time, within one process as well', async () => {
	const file = await freshLock()
	const order: string[] = []
	const waited = Promise.withResolvers<void>()
	const first = withLock(file, { sleep }, async () => {
		order.push('first begins')
		await waited.promise
		order.push('first ends')
	})
	const second = withLock(file, { sleep, onWait: () => waited.resolve() }, async () => order.push('second'))
	await Promise.all([first, second])
	expect(order).toEqual(['first begins', 'first ends', 'second'])
})

test('work that throws releases the lock', async () => {
	const file = await freshLock()
	expect((await rejection(withLock(file, { sleep }, () => Promise.reject(new Error('no'))))).message).toContain('no')
	expect(await withLock(file, { sleep }, async () => 'mine')).toBe('mine')
})

test('a killed holder releases the lock', async () => {
	const file = await freshLock()
	const program = `
		const { withLock } = await import(${JSON.stringify(join(import.meta.dir, 'lock.ts'))})
		await withLock(${JSON.stringify(file)}, { sleep: Bun.sleep }, async () => { console.log('held'); await new Promise(() => setInterval(() => {}, 1000)) })`
	const child = Bun.spawn([process.execPath, '-e', program], { stdout: 'pipe', stderr: 'inherit' })
	const reader = child.stdout.getReader()
	await reader.read()
	let waits = 0
	const taken = withLock(
		file,
		{ sleep, onWait: () => void (waits++ === 0 && child.kill('SIGKILL')) },
		async () => 'mine',
	)
	expect(await taken).toBe('mine')
	expect(waits).toBeGreaterThan(0)
})

test('a shared lock excludes those that hold the lock alone, and the reverse', async () => {
	const file = await freshLock()
	const [one, two] = [holdSharedLock(file), holdSharedLock(file)]
	expect([one, two]).not.toContain(undefined)
	const script = `import { holdLock } from '${import.meta.dir}/lock.ts'; process.exit(holdLock('${file}', { create: true }) ? 0 : 3)`
	const holdsAlone = () => Bun.spawn([process.execPath, '-e', script]).exited
	one?.release()
	expect(await holdsAlone()).toBe(3)
	two?.release()
	expect(await holdsAlone()).toBe(0)
	const alone = holdLock(file, { create: true })
	expect(holdSharedLock(file)).toBeUndefined()
	alone?.release()
	holdSharedLock(file)?.release()
})
