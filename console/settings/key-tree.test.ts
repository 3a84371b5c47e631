import { expect, test } from 'bun:test'
import type { KeySummary } from '../api/keys.ts'
import { endingWith, isSessionKey } from './key-tree.ts'

const key = (id: string, parent: string | null, token = 'dgm-abcdef...'): KeySummary => ({
	...{ id, name: id, token, created: 1, expires: null, status: 'active', parent },
})

test('all keys that descend from a key end with it, in any order of the list', () => {
	const keys = [
		key('e', 'd'),
		key('c', 'b'),
		key('b', 'a'),
		key('x', null),
		key('d', 'c'),
		key('a', null),
		key('y', 'x'),
	]
	const ids = (id: string) => endingWith(id, keys).map((found) => found.id)
	expect(ids('a').toSorted()).toEqual(['b', 'c', 'd', 'e'])
	expect(ids('x')).toEqual(['y'])
	expect(ids('e')).toEqual([])
	expect(endingWith('p', [key('p', 'q'), key('q', 'p')]).map(({ id }) => id)).toEqual(['q'])
})

test('the key of the session is recognized by its beginning', () => {
	expect(isSessionKey(key('a', null), 'dgm-abcdefghijkl')).toBe(true)
	expect(isSessionKey(key('a', null), 'dgm-abcdeXghijkl')).toBe(false)
	expect(isSessionKey(key('a', null), 'dgm-abcdef')).toBe(false)
})
