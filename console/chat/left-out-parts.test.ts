import { expect, test } from 'bun:test'
import { Answer } from '../state/answer.ts'
import { continuation, writeQuestion } from '../state/turn-tree.ts'
import { droppedFeatures, turnsLeftOut } from './left-out-parts.ts'

const answered = () => new Answer({ type: 'done', end: 'stop' }, { parts: [{ type: 'text', text: 'A' }] })
const turn = (question = writeQuestion({ text: 'Q' }), answer = answered(), continues?: string) => ({
	question,
	answer,
	continues,
})

test('messages that were left out are as many turns as they are part of', () => {
	const path = [
		turn(),
		turn(),
		turn(continuation(), answered(), 'x'),
		turn(undefined, new Answer({ type: 'stopped' })),
		turn(),
	]
	expect([0, 1, 2, 3, 4, 5, 6, 8, 100].map((messages) => turnsLeftOut(path, messages))).toEqual([
		0, 1, 1, 2, 2, 2, 3, 4, 4,
	])
})

test('parts of a request that were dropped are features that a person knows', () => {
	expect(
		droppedFeatures(['reasoning.effort', 'reasoning_effort', 'text.format.schema', 'input[0].content[1]']),
	).toEqual(['effort', 'schema', 'images'])
	expect(droppedFeatures(['metadata', 'tools[0].strict', 'temperature', 'temperature_extra'])).toEqual([
		'tools',
		'temperature',
		{ part: 'metadata' },
		{ part: 'temperature_extra' },
	])
	// A name from a client is no feature.
	expect(droppedFeatures(['effort'])).toEqual([{ part: 'effort' }])
})
