import { describe, expect, test } from 'bun:test'
import { type RecentTurn, RecentTurns } from './recent-turns.ts'
import { newTurnId } from './turn-id.ts'

const limits = { maxCharacters: 1000, maxCharactersPerConnection: 600, maxLanes: 2 }

/** A turn whose messages have `length` characters of text. */
function turnOf(length = 1): RecentTurn {
	const content = [{ type: 'text' as const, text: 'x'.repeat(length) }]
	return { id: newTurnId(), origin: { type: 'new' }, messages: [{ role: 'user', content }] }
}

describe('a connection', () => {
	test('has the newest turn of each of its lanes', () => {
		const connection = new RecentTurns(limits).connect()
		const [first, second, other] = [turnOf(), turnOf(), turnOf()]
		connection.hold(undefined, first)
		connection.hold('a', other)
		connection.hold(undefined, second)
		expect([first, second, other].map(({ id }) => connection.find(id))).toEqual([undefined, second, other])
	})

	test('drops a turn whose continuation failed, or that a stored one follows', () => {
		const recent = new RecentTurns(limits)
		const connection = recent.connect()
		const [failed, followed] = [turnOf(), turnOf()]
		connection.hold(undefined, failed)
		connection.drop(failed.id)
		expect(connection.find(failed.id)).toBeUndefined()
		connection.hold(undefined, followed)
		connection.hold(undefined, undefined)
		expect(connection.find(followed.id)).toBeUndefined()
		expect(recent.size).toEqual({ turns: 0, characters: 0 })
	})

	test('does not have the turns of another one', () => {
		const recent = new RecentTurns(limits)
		const turn = turnOf()
		recent.connect().hold(undefined, turn)
		expect(recent.connect().find(turn.id)).toBeUndefined()
	})

	test('holds nothing after its end', () => {
		const recent = new RecentTurns(limits)
		const connection = recent.connect()
		connection.hold('a', turnOf())
		connection.hold('b', turnOf())
		connection.close()
		connection.hold('c', turnOf())
		expect(recent.size).toEqual({ turns: 0, characters: 0 })
	})
})

describe('memory is bounded', () => {
	test('by the number of lanes', () => {
		const connection = new RecentTurns(limits).connect()
		const turns = [turnOf(), turnOf(), turnOf()]
		for (const [lane, turn] of turns.entries()) connection.hold(String(lane), turn)
		expect(turns.map(({ id }) => connection.find(id) !== undefined)).toEqual([false, true, true])
	})

	test('by the size of one turn, and of all turns of a connection', () => {
		const recent = new RecentTurns(limits)
		const connection = recent.connect()
		const [large, first, second] = [turnOf(700), turnOf(300), turnOf(300)]
		connection.hold('a', large)
		expect(recent.size.turns).toBe(0)
		connection.hold('a', first)
		connection.hold('b', second)
		expect([first, second].map(({ id }) => connection.find(id) !== undefined)).toEqual([false, true])
	})

	test('by the size of the turns of all connections', () => {
		const recent = new RecentTurns(limits)
		const turns = [turnOf(400), turnOf(400), turnOf(400)]
		const connections = turns.map((turn) => {
			const connection = recent.connect()
			connection.hold(undefined, turn)
			return connection
		})
		expect(turns.map(({ id }, index) => connections[index]?.find(id) !== undefined)).toEqual([false, true, true])
		expect(recent.size.characters).toBeLessThanOrEqual(limits.maxCharacters)
	})
})

test('messages of earlier turns are not measured again, and the size is that of their JSON', () => {
	const recent = new RecentTurns({ ...limits, maxCharacters: 1e9, maxCharactersPerConnection: 1e9 })
	const connection = recent.connect()
	let measured = 0
	const messageOf = (): RecentTurn['messages'][number] => {
		const text = {
			type: 'text' as const,
			text: 'x',
			toJSON() {
				measured++
				return { type: 'text', text: 'x' }
			},
		}
		return { role: 'user', content: [text] }
	}
	let messages: RecentTurn['messages'] = []
	for (let turn = 0; turn < 50; turn++) {
		messages = [...messages, messageOf()]
		connection.hold(undefined, { id: newTurnId(), origin: { type: 'new' }, messages })
	}
	expect(measured).toBe(50)
	expect(recent.size.characters).toBe(JSON.stringify(messages).length)
})
