import { expect, test } from 'bun:test'
import { FairQueue } from './fair-queue.ts'

function drain(queue: FairQueue<string>): readonly string[] {
	const all: string[] = []
	for (let entry = queue.take(); entry !== undefined; entry = queue.take()) all.push(entry)
	return all
}

test('projects take turns, and in a project its owners', () => {
	const queue = new FairQueue<string>(100)
	for (const entry of ['1', '2', '3', '4']) queue.add(`a/x ${entry}`, { tenant: 'a', owner: 'x' })
	for (const entry of ['1', '2']) queue.add(`a/y ${entry}`, { tenant: 'a', owner: 'y' })
	for (const entry of ['1', '2']) queue.add(`b/z ${entry}`, { tenant: 'b', owner: 'z' })
	expect(drain(queue)).toEqual(['a/x 1', 'b/z 1', 'a/y 1', 'b/z 2', 'a/x 2', 'a/y 2', 'a/x 3', 'a/x 4'])
})

test('a full queue accepts nothing until an entry is taken', () => {
	const queue = new FairQueue<string>(1)
	expect([queue.add('one'), queue.add('two')]).toEqual([true, false])
	expect(queue.take()).toBe('one')
	expect(queue.add('two')).toBe(true)
	queue.clear()
	expect(queue.take()).toBeUndefined()
})
