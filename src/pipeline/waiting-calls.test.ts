import { expect, test } from 'bun:test'
import { newTurnId } from '../conversations/turn-id.ts'
import { WaitingCalls } from './waiting-calls.ts'

test('a reader gets the position when the call begins to wait, and none when another wait replaced it', () => {
	const calls = new WaitingCalls()
	const [call, other] = [newTurnId(), newTurnId()]
	const read: (number | undefined)[] = []
	const stop = calls.follow(call, { read: (position) => read.push(position) })
	calls.begin(other, () => 7)
	const end = calls.begin(call, () => 3)
	const endAgain = calls.begin(call, () => 1)
	// The first wait ends after the second one has begun.
	end()
	calls.follow(call, { read: (position) => read.push(position) })()
	endAgain()
	calls.follow(call, { read: (position) => read.push(position) })()
	expect(read).toEqual([undefined, 3, 1, 1, undefined])
	expect(calls.followed).toBe(1)
	stop()
	expect(calls.followed).toBe(0)
})
