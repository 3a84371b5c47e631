import { expect, test } from 'bun:test'
import type { ExportedConversation, ExportedMessage, ExportedTurn } from '../api/conversations.ts'
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
