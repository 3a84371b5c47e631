// Turns that are read again while this page, another tab and the server each know something that the others do not.

import { expect, test } from 'bun:test'
import type { Answer } from './answer.ts'
import { mergeTurns } from './merged-turns.ts'
import { type PageTurn, TurnTree, writeQuestion } from './turn-tree.ts'

/** A turn with an answer that has this text; `running` if it is in progress. */
function turn(id: string, further: Partial<PageTurn> & { readonly text?: string; readonly running?: boolean } = {}) {
	const { text = id, running = false, ...fields } = further
	const made: PageTurn = {
		id,
		parent: undefined,
		last: `${id}-a0`,
		model: 'echo',
		createdAtMs: 0,
		question: writeQuestion({ text: id }),
		answer: { text, isRunning: running } as Answer,
		clientId: undefined,
		continues: undefined,
		...fields,
	}
	return made
}

const merged = (stored: readonly PageTurn[], current: readonly PageTurn[], requestedWith = current) =>
	mergeTurns({
		stored: new TurnTree(stored),
		current: new TurnTree(current),
		requestedWith: new Set(requestedWith.map(({ id }) => id)),
	})

test('turns that others deleted go, and those that others added come', () => {
	const [one, two, three] = [turn('one'), turn('two'), turn('three')]
	expect(merged([turn('one'), three], [one, two])).toEqual([one, three])
})

test('turns that are known remain the same objects, with their options and answers', () => {
	const known = turn('one', { options: { temperature: 1 } })
	expect(merged([turn('one')], [known])[0]).toBe(known)
	const running = turn('one', { running: true, text: 'o' })
	expect(merged([turn('one')], [running])[0]).toBe(running)
})

test('a turn whose answer or whose messages have changed is the stored one, with the options of this page', () => {
	const known = turn('one', { options: { temperature: 1 } })
	const [changed] = merged([turn('one', { text: 'other' })], [known])
	expect([changed?.answer.text, changed?.options]).toEqual(['other', { temperature: 1 }])
	expect(merged([turn('one', { last: 'one-0' })], [known])[0]?.last).toBe('one-0')
})

test('a question that this page is sending is there once, also if the server has it already', () => {
	const sending = turn('local', { last: undefined, clientId: 'client', running: true })
	expect(merged([turn('one', { clientId: 'client' })], [sending])).toEqual([sending])
})

test('a turn that arrived from another tab after the request remains, though its answer is complete', () => {
	const later = turn('later')
	expect(merged([turn('one')], [turn('one'), later], [turn('one')]).map(({ id }) => id)).toEqual(['one', 'later'])
})

test('a tree has one turn of each id: the later one', () => {
	const [read, named] = [turn('one', { text: 'read' }), turn('one', { text: 'named' })]
	const tree = new TurnTree([read, turn('local')]).replace('local', named)
	expect([tree.siblings(named), tree.all]).toEqual([[named], [named]])
})

test('an answer that has ended here remains if the server has only its events', () => {
	const known = turn('one')
	const interrupted = turn('one', { last: undefined, text: '', running: true })
	expect(merged([interrupted], [known])[0]).toBe(known)
	expect(merged([{ ...interrupted, parent: 'other' }], [known])[0]?.parent).toBe('other')
})
