// When a process counts as dead: manual clocks, and the real store in memory.

import { afterEach, beforeEach, expect, test } from 'bun:test'
import { alice, conversation, turn } from '../conversations/conversation-store.testing.ts'
import type { TurnId } from '../conversations/turn-id.ts'
import { SqlConversationStore } from '../stores/sql/sql-conversation-store.ts'
import type { SqlDatabase } from '../stores/sql/sql-database.ts'
import { SqlProcessStore } from '../stores/sql/sql-process-store.ts'
import { openMemory } from '../stores/sqlite/memory.testing.ts'
import { type LogLine, recordingLog } from '../system/log.testing.ts'
import { ManualClock } from '../system/manual-clock.testing.ts'
import { Heartbeat } from './heartbeat.ts'
import type { ProcessStore } from './process-store.ts'

const [everyMs, deadAfterMs, retryMs] = [5000, 30_000, 1000]
let database: SqlDatabase
/** Whether the database can be reached, by process. */
let reachable: Record<string, boolean>
let lines: LogLine[]
const opened: Heartbeat[] = []

beforeEach(async () => {
	database = await openMemory()
	reachable = {}
	lines = []
})
afterEach(async () => {
	await Promise.all(opened.splice(0).map((heartbeat) => heartbeat.close()))
	await database.close()
})

/** A process with a clock of its own: while the clock does not advance, the process is paused. */
async function start(id: string) {
	const clock = new ManualClock()
	const store = new SqlProcessStore(database)
	const away = async () => {
		if (reachable[id] === false) throw new Error('the database is away')
	}
	const failing: ProcessStore = {
		beat: async (own) => away().then(() => store.beat(own)),
		list: async () => away().then(() => store.list()),
		end: async (...parameters) => away().then(() => store.end(...parameters)),
		leave: (own) => store.leave(own),
	}
	const heartbeat = await Heartbeat.open({
		...{ store: failing, process: id, host: `${id}.internal`, everyMs, deadAfterMs, clock },
		...{ monotonicMs: () => clock.now(), log: recordingLog(lines) },
	})
	opened.push(heartbeat)
	const awake = () => Promise.race([clock.asleep(everyMs), clock.asleep(retryMs)])
	return {
		heartbeat,
		/** Time passes for this process only. */
		async advance(ms: number) {
			for (let passed = 0; passed < ms; passed += retryMs) {
				await awake()
				clock.advance(retryMs)
				await new Promise((resolve) => setImmediate(resolve))
			}
			await awake()
		},
		/** It does nothing while this time passes. */
		async pause(ms: number) {
			await awake()
			clock.advance(ms)
			await awake()
		},
	}
}

async function begin(process: string): Promise<TurnId> {
	const made = conversation()
	const begun = turn({ conversation: made.id, create: made, process })
	await new SqlConversationStore(database).in(alice).turns.begin(begun)
	return begun.id
}

async function stateOf(id: TurnId): Promise<string | undefined> {
	return (await new SqlConversationStore(database).in(alice).turns.find(id))?.state
}

/** Lets time pass for all of them, in steps. */
async function pass(ms: number, ...processes: readonly { advance(ms: number): Promise<void> }[]): Promise<void> {
	for (let passed = 0; passed < ms; passed += everyMs) for (const { advance } of processes) await advance(everyMs)
}

test('the turns of a process that stops beating are interrupted by one of the others, once', async () => {
	const [a, b, c] = [await start('a'), await start('b'), await start('c')]
	const id = await begin('a')
	await pass(deadAfterMs, a, b, c)
	expect(await stateOf(id)).toBe('running')
	await pass(deadAfterMs - everyMs, b, c)
	expect(await stateOf(id)).toBe('running')
	await pass(3 * everyMs, b, c)
	expect(await stateOf(id)).toBe('interrupted')
	expect(b.heartbeat.endedProcesses + c.heartbeat.endedProcesses).toBe(1)
	expect(lines.filter(({ msg }) => msg.includes('stopped writing its heartbeat'))).toMatchObject([
		{ process: 'a', host: 'a.internal', turns: 1 },
	])
})

test('after an outage of the database every process has the whole period to beat again', async () => {
	const [a, b] = [await start('a'), await start('b')]
	const id = await begin('a')
	await pass(everyMs, a, b)
	reachable = { a: false, b: false }
	await pass(10 * deadAfterMs, a, b)
	reachable = { a: false, b: true }
	await pass(deadAfterMs - everyMs, b)
	expect(await stateOf(id)).toBe('running')
	reachable = {}
	await pass(2 * deadAfterMs, a, b)
	expect([await stateOf(id), b.heartbeat.endedProcesses]).toEqual(['running', 0])
})

test('a process that was paused declares no other one dead because of its own pause', async () => {
	const [a, b] = [await start('a'), await start('b')]
	const id = await begin('a')
	await pass(everyMs, a, b)
	await b.pause(10 * deadAfterMs)
	await pass(deadAfterMs - everyMs, b)
	expect(await stateOf(id)).toBe('running')
	await a.advance(everyMs)
	await pass(2 * deadAfterMs, a, b)
	expect(await stateOf(id)).toBe('running')
})

test('a process that was considered dead and returns registers again, and its new turns run', async () => {
	const [a, b] = [await start('a'), await start('b')]
	const lost = await begin('a')
	await pass(everyMs, a, b)
	await pass(deadAfterMs + 2 * everyMs, b)
	expect(await stateOf(lost)).toBe('interrupted')
	await pass(everyMs, a)
	expect(lines.some(({ msg }) => msg.includes('considered this one dead'))).toBe(true)
	const id = await begin('a')
	await pass(2 * deadAfterMs, a, b)
	expect([await stateOf(id), b.heartbeat.endedProcesses]).toEqual(['running', 1])
})

test('turns of a process that never registered are interrupted after the whole period', async () => {
	const b = await start('b')
	const id = await begin('former')
	await pass(deadAfterMs - everyMs, b)
	expect(await stateOf(id)).toBe('running')
	await pass(3 * everyMs, b)
	expect(await stateOf(id)).toBe('interrupted')
})

test('a process that closes leaves no row', async () => {
	const [a, b] = [await start('a'), await start('b')]
	await a.heartbeat.close()
	expect((await new SqlProcessStore(database).list()).map(({ id }) => id)).toEqual(['b'])
	await pass(2 * deadAfterMs, b)
	expect(b.heartbeat.endedProcesses).toBe(0)
})
