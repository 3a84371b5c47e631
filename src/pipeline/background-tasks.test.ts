import { describe, expect, test } from 'bun:test'
import { pino } from 'pino'
import { ManualClock } from '../system/manual-clock.testing.ts'
import { ThrottledLog } from '../system/throttled-log.ts'
import { BackgroundTasks } from './background-tasks.ts'
import { App, isPending, readerOf } from './pipeline.testing.ts'

function open() {
	const lines: string[] = []
	const log = pino({ base: null }, { write: (line: string) => lines.push(JSON.parse(line).msg) })
	return { tasks: new BackgroundTasks(new ThrottledLog(log, new ManualClock())), lines }
}

describe('background tasks', () => {
	test('are awaited, including those that start meanwhile', async () => {
		const { tasks } = open()
		const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
		tasks.add(
			first.promise.then(() => tasks.add(second.promise, 'the second task')),
			'the first task',
		)
		const settled = tasks.settled()
		expect(await isPending(settled)).toBe(true)
		first.resolve()
		expect(await isPending(settled)).toBe(true)
		second.resolve()
		expect(await isPending(settled)).toBe(false)
	})

	test('that fail are logged by name, and the others continue', async () => {
		const { tasks, lines } = open()
		const other = Promise.withResolvers<void>()
		tasks.add(Promise.reject(new Error('the disk is full')), 'storing a turn')
		tasks.add(other.promise, 'another task')
		const settled = tasks.settled()
		expect(await isPending(settled)).toBe(true)
		other.resolve()
		await settled
		expect(lines).toEqual(['storing a turn failed'])
	})
})

test('a shutdown waits until the turn of a disconnected client is stored', async () => {
	await using app = await App.open()
	const release = app.faults.hold('end-turn')
	const client = new AbortController()
	const headers = { 'x-dragoman-conversation': 'new' }
	await readerOf(await app.stream('echo:hang-after 1', {}, { headers, signal: client.signal })).next()
	client.abort()
	const idle = app.handler.idle()
	expect(await isPending(idle)).toBe(true)
	release()
	await idle
	expect(await app.turnStates()).toEqual(['cancelled'])
})

test('a turn that cannot be stored after its client disconnected is logged', async () => {
	await using app = await App.open()
	app.faults.fail('end-turn')
	const client = new AbortController()
	const headers = { 'x-dragoman-conversation': 'new' }
	await readerOf(await app.stream('echo:hang-after 1', {}, { headers, signal: client.signal })).next()
	client.abort()
	await app.settled()
	expect(app.log.map(({ msg }) => msg)).toContain('recording the end of a call failed')
	expect(await app.usageRecords()).toMatchObject([{ outcome: 'cancelled' }])
})
