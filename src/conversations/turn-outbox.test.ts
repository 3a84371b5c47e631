// Ends of turns that the database does not accept: where they wait, and how they arrive.

import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ChatError } from '../chat/error.ts'
import { SqlConversationStore } from '../stores/sql/sql-conversation-store.ts'
import type { SqlDatabase } from '../stores/sql/sql-database.ts'
import { openMemory } from '../stores/sqlite/memory.testing.ts'
import { type LogLine, recordingLog } from '../system/log.testing.ts'
import { ManualClock } from '../system/manual-clock.testing.ts'
import { rejection } from '../system/rejection.testing.ts'
import type { ConversationId } from './conversation-id.ts'
import { alice, conversation, ended, everything, turn } from './conversation-store.testing.ts'
import type { ConversationStore, ScopedConversations } from './conversation-store.ts'
import { deliveredConversations } from './delivered-conversations.ts'
import type { RunningTurn } from './maintenance.ts'
import { RunningTurns } from './running-turns.ts'
import { newTurnId, type TurnId } from './turn-id.ts'
import { TurnOutbox } from './turn-outbox.ts'

const away = () => new ChatError('unavailable', 'The database is temporarily unavailable.')
let database: SqlDatabase
let folder: string
let clock: ManualClock
let lines: LogLine[]
/** What writes of turns throw; they succeed if undefined. */
let failure: ((text: string) => Error | undefined) | undefined
let running: ReadonlySet<string>
const opened: TurnOutbox[] = []

beforeEach(async () => {
	database = await openMemory()
	folder = await mkdtemp(join(tmpdir(), 'dragoman-outbox-'))
	clock = new ManualClock()
	lines = []
	failure = undefined
	running = new Set()
})
afterEach(async () => {
	failure = undefined
	await Promise.all(opened.splice(0).map((outbox) => outbox.close()))
	await database.close()
	await rm(folder, { recursive: true, force: true })
})

function store(): ConversationStore {
	const real = new SqlConversationStore(database)
	const check = (change: unknown) => {
		const error = failure?.(JSON.stringify(change ?? null))
		if (error !== undefined) throw error
	}
	return {
		in(scope) {
			const { index, history, turns, shares } = real.in(scope)
			return {
				...{ index, history, shares },
				turns: {
					begin: async (begun) => turns.begin(begun),
					async end(id, end) {
						check(end)
						await turns.end(id, end)
					},
					async drop(id) {
						check(undefined)
						await turns.drop(id)
					},
					find: (id) => turns.find(id),
					list: (query) => turns.list(query),
					update: (id, metadata) => turns.update(id, metadata),
					remove: (id) => turns.remove(id),
					removeFrom: (conversation, id, nowMs) => turns.removeFrom(conversation, id, nowMs),
				},
			}
		},
		maintenance: real.maintenance,
		subscribe: (listener) => real.subscribe(listener),
	}
}

async function open(process = 'p1', memorySize?: number): Promise<TurnOutbox> {
	const outbox = await TurnOutbox.open({
		...{ folder, store: store(), process: () => process, isRunning: (name) => running.has(name), clock, memorySize },
		log: recordingLog(lines),
	})
	opened.push(outbox)
	return outbox
}

const own: () => ScopedConversations = () => new SqlConversationStore(database).in(alice)

async function begin(): Promise<{ readonly id: TurnId; readonly conversation: ConversationId }> {
	const made = conversation()
	const begun = turn({ conversation: made.id, create: made })
	await own().turns.begin(begun)
	return { id: begun.id, conversation: made.id }
}

async function stateOf(id: TurnId): Promise<string | undefined> {
	return (await own().turns.find(id))?.state
}

const end = (id: TurnId, text = 'answer') => ({ scope: alice, turn: id, end: ended(text) })
const drop = (id: TurnId) => ({ scope: alice, turn: id, end: undefined })
const files = async () => (await readdir(folder)).toSorted()

/** The data folder cannot be written. */
async function fillDisk(): Promise<() => Promise<void>> {
	await rename(folder, `${folder}.away`)
	await writeFile(folder, '')
	return async () => {
		await rm(folder)
		await rename(`${folder}.away`, folder)
	}
}

test('an end waits in a file and arrives within a second of the database', async () => {
	const outbox = await open()
	const { id } = await begin()
	failure = away
	await outbox.put(end(id))
	expect([await files(), await stateOf(id)]).toEqual([[`p1.${id}.json`], 'running'])
	await clock.asleep(1000)
	clock.advance(1000)
	await outbox.deliver()
	expect(await stateOf(id)).toBe('running')
	failure = undefined
	await clock.asleep(1000)
	clock.advance(1000)
	await outbox.deliver()
	expect([await files(), await stateOf(id), outbox.size]).toEqual([[], 'completed', 0])
})

test('while the database is known to be away, an end does not wait for it', async () => {
	const outbox = await open()
	const [one, other] = [await begin(), await begin()]
	let attempts = 0
	failure = () => {
		attempts++
		return away()
	}
	await outbox.put(end(one.id))
	await outbox.deliver()
	const before = attempts
	await outbox.put(end(other.id))
	expect(attempts).toBe(before)
	failure = undefined
	await outbox.deliver()
	expect([await stateOf(one.id), await stateOf(other.id)]).toEqual(['completed', 'completed'])
})

test('many ends arrive, and one that the database refuses fails without its answer and stops no other', async () => {
	const outbox = await open()
	const turns = await Promise.all(Array.from({ length: 150 }, () => begin()))
	failure = away
	for (const [at, { id }] of turns.entries()) await outbox.put(end(id, at === 0 || at === 70 ? 'refused' : 'answer'))
	failure = (text) => (text.includes('refused') ? new Error('constraint') : undefined)
	await outbox.deliver()
	await outbox.deliver()
	const states = await Promise.all(turns.map(({ id }) => stateOf(id)))
	expect(states.filter((state) => state === 'completed')).toHaveLength(148)
	expect([states[0], states[70], outbox.size, await files()]).toEqual(['failed', 'failed', 0, []])
})

test('a change that the database refuses in every form is tried again after a minute', async () => {
	const outbox = await open()
	const [stuck, other] = [await begin(), await begin()]
	failure = away
	for (const { id } of [stuck, other]) await outbox.put(end(id))
	failure = (text) =>
		text.includes('could not be stored') || text.includes('answer') ? new Error('refused') : undefined
	for (let pass = 0; pass < 3; pass++) await outbox.deliver()
	expect(outbox.size).toBe(2)
	failure = undefined
	await outbox.deliver()
	expect(outbox.size).toBe(2)
	clock.advance(60_000)
	await outbox.deliver()
	expect([outbox.size, await stateOf(stuck.id)]).toEqual([0, 'failed'])
})

test('a removal replaces an end that waits, and an end replaces nothing', async () => {
	const outbox = await open()
	const { id } = await begin()
	failure = away
	await outbox.put(end(id))
	await outbox.put(drop(id))
	await outbox.put(end(id))
	failure = undefined
	await outbox.deliver()
	expect([await stateOf(id), outbox.size, await files()]).toEqual([undefined, 0, []])
})

test('without space on the disk an end is in memory, its caller gets an error, and it arrives', async () => {
	const outbox = await open()
	const { id } = await begin()
	failure = away
	const free = await fillDisk()
	expect(await rejection(outbox.put(end(id)))).toMatchObject({ kind: 'unavailable' })
	failure = undefined
	await outbox.deliver()
	expect(await stateOf(id)).toBe('completed')
	await free()
})

test('an end in memory becomes a file when there is space', async () => {
	const outbox = await open()
	const { id } = await begin()
	failure = away
	const free = await fillDisk()
	await outbox.put(end(id)).catch(() => undefined)
	await free()
	expect(await files()).toEqual([])
	await outbox.deliver()
	expect(await files()).toEqual([`p1.${id}.json`])
})

test('the answers in memory are bounded: further turns fail without them', async () => {
	const outbox = await open('p1', 2500)
	const turns = [await begin(), await begin(), await begin()]
	failure = away
	const free = await fillDisk()
	for (const { id } of turns) await outbox.put(end(id, 'x'.repeat(1500))).catch(() => undefined)
	failure = undefined
	await outbox.deliver()
	expect(await Promise.all(turns.map(({ id }) => stateOf(id)))).toEqual(['completed', 'failed', 'failed'])
	await free()
})

test('files of a process that exited are delivered by another one, once it has exited', async () => {
	const first = await open('p1')
	const { id } = await begin()
	failure = away
	await first.put(end(id))
	await writeFile(join(folder, 'p1.x.json.tmp'), '{')
	await writeFile(join(folder, 'p1.y.json'), '{"checksum":1,"change":"{"}')
	await first.close()
	failure = undefined
	running = new Set(['p1'])
	const second = await open('p2')
	await clock.asleep(1000)
	clock.advance(1000)
	await clock.asleep(1000)
	expect(await stateOf(id)).toBe('running')
	await second.close()
	running = new Set()
	await open('p3')
	await clock.asleep(1000)
	clock.advance(1000)
	await clock.asleep(1000)
	expect([await stateOf(id), await files()]).toEqual(['completed', ['p1.y.json.unreadable']])
	expect(lines.some(({ msg }) => msg.includes('cannot be read'))).toBe(true)
})

test('a history includes an end that waits, and is unavailable rather than incomplete', async () => {
	const outbox = await open()
	const turns = new RunningTurns({
		...{ store: store(), process: () => 'p1', isPending: (id) => outbox.has(id), stop: async () => undefined, clock },
		log: recordingLog(lines),
	})
	const { history, turns: delivered } = deliveredConversations(store(), { outbox, running: turns }).in(alice)
	const { id, conversation: conversationId } = await begin()
	failure = away
	await delivered.end(id, ended('answer'))
	expect(await rejection(history.read(conversationId, everything))).toMatchObject({ kind: 'unavailable' })
	expect((await delivered.find(id))?.state).toBe('running')
	failure = undefined
	expect((await history.read(conversationId, everything))?.messages).toHaveLength(2)
	expect((await delivered.find(id))?.state).toBe('completed')
})

test('of the turns that the database says are running here, those that are not are dropped, but none that waits', async () => {
	const outbox = await open()
	const stopped: RunningTurn[] = []
	const turns = new RunningTurns({
		...{ store: store(), process: () => 'p1', isPending: (id) => outbox.has(id), clock, log: recordingLog(lines) },
		stop: async (stop) => stopped.push(stop),
	})
	const { turns: delivered } = deliveredConversations(store(), { outbox, running: turns }).in(alice)
	const beginOwn = async () => {
		const made = conversation()
		const begun = turn({ conversation: made.id, create: made })
		await delivered.begin(begun)
		return begun.id
	}
	const [unknown, active, waiting, cancelled, interrupted, removed] = [
		(await begin()).id,
		...[await beginOwn(), await beginOwn(), await beginOwn(), await beginOwn(), await beginOwn()],
	]
	failure = away
	await delivered.end(waiting as TurnId, ended('answer'))
	failure = undefined
	await own().turns.end(cancelled as TurnId, { state: 'cancelled', endedAtMs: 1, answers: [] })
	await own().turns.end(interrupted as TurnId, { state: 'interrupted', endedAtMs: 1, answers: [] })
	await own().turns.remove(removed as TurnId)
	await turns.compare()
	expect(await stateOf(unknown)).toBe('running')
	await turns.compare()
	await turns.compare()
	expect(await Promise.all([unknown, active, waiting].map((id) => stateOf(id ?? newTurnId())))).toEqual([
		undefined,
		'running',
		'running',
	])
	expect(stopped.map(({ id }) => id)).toEqual([cancelled, removed] as TurnId[])
})

test('a clock that is set back delays no delivery', async () => {
	const outbox = await open()
	const tick = async () => {
		await clock.asleep(1000)
		clock.advance(1000)
		for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve))
	}
	// Searches for files once; the next search is due in a minute.
	await tick()
	const other = await open('p2')
	const { id } = await begin()
	failure = away
	await other.put(end(id))
	await other.close()
	failure = undefined
	clock.set(-86_400_000)
	for (let passed = 0; passed <= 61_000; passed += 1000) await tick()
	expect([await files(), await stateOf(id)]).toEqual([[], 'completed'])
	await outbox.close()
})
