// Answers split into parts, fed whole and cut at every character.

import { expect, test } from 'bun:test'
import { type OutputPart, OutputReader, type ReaderOptions } from './answer-reader.ts'
import { type CallFormat, plainFormat } from './call-format.ts'

const array: CallFormat = {
	head: '[TOOL_CALLS][',
	beforeName: '{"name": "',
	afterName: '", "arguments": ',
	beforeId: ', "id": "',
	afterArguments: '"}',
	between: ', ',
	tail: ']',
}
const bare: CallFormat = { ...plainFormat, head: '', afterName: '", "parameters": ', between: undefined, tail: '' }

interface Read {
	text: string
	reasoning: string
	calls: { name: string; arguments: string }[]
	length: number
}

function fold(parts: readonly OutputPart[]): Read {
	const read: Read = { text: '', reasoning: '', calls: [], length: 0 }
	for (const part of parts) {
		read.length += part.length
		if (part.type === 'text') read.text += part.text
		else if (part.type === 'reasoning') read.reasoning += part.text
		else if (part.type === 'call') read.calls.push({ name: part.name, arguments: '' })
		else if (part.type === 'arguments') {
			const call = read.calls.at(-1)
			if (call !== undefined) call.arguments += part.text
		}
	}
	return read
}

/** Reads `words` in two chunks, for every cut, and in single characters; all results must be equal. */
function read(options: ReaderOptions, words: string): Read {
	const cuts = [[...words], ...Array.from({ length: words.length }, (_, at) => [words.slice(0, at), words.slice(at)])]
	const results = cuts.map((parts) => {
		const reader = new OutputReader(options)
		return fold([...parts.flatMap((part) => reader.push(part)), ...reader.end()])
	})
	const [first] = results
	for (const result of results) expect(result).toEqual(first ?? result)
	expect(first?.length).toBe(words.length)
	return first ?? { text: '', reasoning: '', calls: [], length: 0 }
}

test('text is emitted unchanged', () => {
	expect(read({ thinking: 'never' }, 'a <tool_call> b <think> c').text).toBe('a <tool_call> b <think> c')
})

test('reasoning comes first or not at all', () => {
	expect(read({ thinking: 'possible' }, '\n<think>\nhm < 3\n</think>\n\nYes')).toMatchObject({
		reasoning: '\nhm < 3\n',
		text: 'Yes',
	})
	expect(read({ thinking: 'possible' }, 'Yes <think>')).toMatchObject({ reasoning: '', text: 'Yes <think>' })
	expect(read({ thinking: 'begun' }, 'hm</think>Yes')).toMatchObject({ reasoning: 'hm', text: 'Yes' })
	expect(read({ thinking: 'begun' }, 'cut off </thi')).toMatchObject({ reasoning: 'cut off </thi', text: '' })
})

test('calls follow text, one or several', () => {
	const words =
		'Let me see.\n<tool_call>\n{"name": "a", "arguments": {"x": "}\\"{", "y": [1]}}\n</tool_call>\n<tool_call>\n{"name": "b", "arguments": {}}\n</tool_call>'
	expect(read({ thinking: 'never', calls: plainFormat }, words)).toMatchObject({
		text: 'Let me see.\n',
		calls: [
			{ name: 'a', arguments: '{"x": "}\\"{", "y": [1]}' },
			{ name: 'b', arguments: '{}' },
		],
	})
})

test('calls in an array, with ids of their own', () => {
	const words =
		'[TOOL_CALLS][{"name": "a", "arguments": {"x": 1}, "id": "abc123def"}, {"name": "b", "arguments": {}, "id": "abc123deg"}]'
	expect(read({ thinking: 'never', calls: array }, words)).toMatchObject({
		text: '',
		calls: [
			{ name: 'a', arguments: '{"x": 1}' },
			{ name: 'b', arguments: '{}' },
		],
	})
})

test('calls without a mark are answers that begin with an object', () => {
	expect(read({ thinking: 'never', calls: bare }, '{"name": "a", "parameters": {"x": 1}}').calls).toEqual([
		{ name: 'a', arguments: '{"x": 1}' },
	])
	expect(read({ thinking: 'never', calls: bare }, 'It is {"name": "a"}')).toMatchObject({
		text: 'It is {"name": "a"}',
		calls: [],
	})
})

test('truncated arguments are emitted up to the truncation', () => {
	expect(
		read({ thinking: 'never', calls: plainFormat }, '<tool_call>\n{"name": "a", "arguments": {"x": "ab').calls,
	).toEqual([{ name: 'a', arguments: '{"x": "ab' }])
})
