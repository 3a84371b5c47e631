import { expect, test } from 'bun:test'
import type { ExportedConversation, ExportedMessage, ExportedTurn } from '../api/conversations.ts'
import { joinedParts, joinedText } from '../chat/joined-parts.ts'
import { rowsOf } from '../chat/talk-rows.ts'
import { readTree } from './read-tree.ts'
import { linesOf } from './tree-lines.ts'

const message = (id: string, parent: string | null, role: string, text: string): ExportedMessage => ({
	id,
	parent,
	turn: id.split('-')[0] ?? '',
	created_at: 1,
	partial: false,
	message: { role, content: [{ type: 'text', text }] },
})

const turn = (id: string, parent: string | null, inputs: readonly string[], answer?: string): ExportedTurn => ({
	id,
	surface: 'response',
	state: 'completed',
	parent,
	model: 'm',
	inputs,
	answers: answer === undefined ? [] : [{ message: answer, finish_reason: 'stop' }],
	usage: null,
	metrics: null,
	error: null,
	metadata: {},
	created_at: 1,
	ended_at: 1,
})

const conversation = (messages: readonly ExportedMessage[], turns: readonly ExportedTurn[]): ExportedConversation => ({
	conversation: { id: 'conv_1', created_at: 1, updated_at: 1, title: null, metadata: {} },
	head: null,
	messages,
	turns,
})

test('a stored turn with several questions and answers is as many turns on the page', () => {
	const tree = readTree(
		conversation(
			[
				message('t-0', null, 'user', 'Q1'),
				message('t-1', 't-0', 'assistant', 'A1'),
				message('t-2', 't-1', 'user', 'Q2'),
				message('t-a0', 't-2', 'assistant', 'A2'),
				message('i-0', 't-a0', 'user', 'Q3'),
				message('i-1', 'i-0', 'assistant', 'A3'),
			],
			[turn('t', null, ['t-0', 't-1', 't-2'], 't-a0'), { ...turn('i', 't-a0', ['i-0', 'i-1']), surface: 'messages' }],
		),
	)
	const path = tree.path(tree.endingWith('i-1'))
	expect(path.map(({ question, answer }) => [question.text, answer.text])).toEqual([
		['Q1', 'A1'],
		['Q2', 'A2'],
		['Q3', 'A3'],
	])
})

test('an answer that the client has begun is one turn, and is joined with its beginning', () => {
	const tree = readTree(
		conversation(
			[
				message('a-0', null, 'user', 'Q'),
				message('a-1', 'a-0', 'assistant', 'one'),
				message('a-a0', 'a-1', 'assistant', ' two'),
				message('b-0', null, 'user', 'Q'),
				message('b-1', 'b-0', 'assistant', 'stopped before more'),
			],
			[turn('a', null, ['a-0', 'a-1'], 'a-a0'), { ...turn('b', null, ['b-0', 'b-1']), state: 'cancelled' }],
		),
	)
	const rows = tree.roots.map((root) => rowsOf(tree.path(root)).map(({ turns }) => joinedText(joinedParts(turns))))
	expect(rows).toEqual([['one two'], ['stopped before more']])
	expect(tree.roots.map(({ question, first, last }) => [question.text, first, last])).toEqual([
		['Q', 'a-0', 'a-a0'],
		['Q', 'b-0', 'b-1'],
	])
	expect(tree.find('a')?.question.input).toMatchObject([{ role: 'user' }, { role: 'assistant' }])
})

test('an answer that a client has added is continued as any other', () => {
	const added = { ...turn('e', null, ['e-0', 'e-1']), surface: 'messages', metadata: { edited: 'true' } }
	const tree = readTree(
		conversation(
			[
				message('e-0', null, 'user', 'Q'),
				message('e-1', 'e-0', 'assistant', 'one'),
				message('f-a0', 'e-1', 'assistant', ' two'),
			],
			[added, turn('f', 'e-1', [], 'f-a0')],
		),
	)
	const [row] = rowsOf(tree.path(tree.endingWith('f-a0')))
	expect([row?.turns.map(({ id, edited }) => [id, edited]), joinedText(joinedParts(row?.turns ?? []))]).toEqual([
		[
			['e-1', true],
			['f', undefined],
		],
		'one two',
	])
})

test('turns that continue an answer are one row, whether the server has the first part or not', () => {
	const tree = readTree(
		conversation(
			[
				message('a-0', null, 'user', 'Q'),
				message('a-a0', 'a-0', 'assistant', 'one'),
				message('b-a0', 'a-a0', 'assistant', ' two'),
				message('c-0', 'b-a0', 'user', 'Q2'),
				message('d-0', 'c-0', 'assistant', 'three'),
				message('d-a0', 'd-0', 'assistant', ' four'),
			],
			[
				turn('a', null, ['a-0'], 'a-a0'),
				turn('b', 'a-a0', [], 'b-a0'),
				turn('c', 'b-a0', ['c-0']),
				turn('d', 'c-0', ['d-0'], 'd-a0'),
			],
		),
	)
	const rows = rowsOf(tree.path(tree.endingWith('d-a0')))
	expect(rows.map(({ turns }) => turns.map(({ id }) => id))).toEqual([
		['a', 'b'],
		['c', 'd'],
	])
	expect(linesOf(tree).map(({ turn: { id }, level }) => [id, level])).toEqual([
		['a', 1],
		['b', 1],
		['c', 1],
		['d', 1],
	])
})
