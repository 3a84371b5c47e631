import { expect, test } from 'bun:test'
import { alice, user } from '../../conversations/conversation-store.testing.ts'
import { ownerId } from '../../keys/scope.ts'
import { Occupancy } from '../../system/occupancy.ts'
import { BodyWriter } from './body-writer.ts'
import { writeBody } from './conversation-rows.ts'

test('bodies of any size are written like by writeBody', async () => {
	const messages = [user('Hi É'), user('x\0é"'.repeat(100_000)), user('')]
	expect(await new BodyWriter().write(alice, messages)).toEqual(messages.map(writeBody))
})

test('long messages of many turns leave the event loop to others, and callers take turns', async () => {
	const bodies = new BodyWriter()
	const long = user('word é '.repeat(300_000))
	let ended = 0
	const hostile = Array.from({ length: 12 }, () => bodies.write(alice, [long]).then(() => ended++))
	let turns = 0
	let isOver = false
	const count = () => {
		turns++
		if (!isOver) setImmediate(count)
	}
	setImmediate(count)
	await bodies.write({ ...alice, owner: ownerId('bob') }, [user('short')])
	expect(ended).toBe(0)
	await Promise.all(hostile)
	isOver = true
	// A slice of each of the twelve in every turn would be about seven turns.
	expect(turns).toBeGreaterThan(30)
})

test('short messages have no turn', async () => {
	const bodies = new BodyWriter()
	let ended = false
	const hostile = Array.from({ length: 3 }, () => bodies.write(alice, [user('word é '.repeat(300_000))]))
	let isNextTurn = false
	setImmediate(() => {
		isNextTurn = true
	})
	await bodies.write(alice, [user('short')]).then(() => {
		ended = true
	})
	expect([ended, isNextTurn]).toEqual([true, false])
	await Promise.all(hostile)
})

test('long messages take turns with the other long work of the event loop', async () => {
	const occupancy = new Occupancy()
	const written = new BodyWriter(occupancy).write(alice, [user('word é '.repeat(300_000))])
	expect(occupancy.pending).toBe(1)
	await written
	expect(occupancy.pending).toBe(0)
})
