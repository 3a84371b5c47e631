// Notes of deleted branches in a browser that stores nothing, and of another person.

import { afterAll, expect, test } from 'bun:test'
import { forgetDeletedBranch, isNoted, noteDeletedBranch, notedBranches } from './branch-deletions.ts'
import { session } from './session.ts'

const former = session.value
afterAll(() => {
	session.value = former
})

const branch = { conversation: 'conv_1', message: 'msg_1' }

test('a note that the browser refuses to store lasts as long as the page, and only for its account', () => {
	expect('localStorage' in globalThis).toBe(false)
	session.value = { key: 'dgm-first-111111', byLink: false, rejected: false }
	noteDeletedBranch(branch)
	expect([isNoted(branch), notedBranches()]).toEqual([true, [branch]])
	session.value = { key: 'dgm-second-222222', byLink: false, rejected: false }
	expect([isNoted(branch), notedBranches()]).toEqual([false, []])
	session.value = { key: 'dgm-first-111111', byLink: false, rejected: false }
	expect(isNoted(branch)).toBe(true)
	forgetDeletedBranch(branch)
	expect([isNoted(branch), notedBranches()]).toEqual([false, []])
})
