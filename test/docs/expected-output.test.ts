// What counts as the output that a page promises.

import { expect, test } from 'bun:test'
import { outputFault } from './expected-output.ts'

const isText = (text: string, printed: string) => outputFault({ format: 'text', text }, printed) === undefined
const isJson = (text: string, printed: string) => outputFault({ format: 'json', text }, printed) === undefined

test('text is equal but for spaces at the ends of lines and of columns', () => {
	expect(isText('a  b\nc\n', 'a     b \nc\n\n')).toBe(true)
	expect(isText('a b', 'a  b')).toBe(false)
	expect(isText('a', 'a\nb')).toBe(false)
	expect(isText('a\nb', 'a')).toBe(false)
	expect(isText('a.b', 'a-b')).toBe(false)
})

test('… is any text of a line, and a line of … any number of lines', () => {
	expect(isText('id: …, at …', 'id: 7, at 12:00')).toBe(true)
	expect(isText('id: …', 'id: 7\nmore')).toBe(false)
	expect(isText('a  …', 'a')).toBe(true)
	expect(isText('a  …', 'a  b  c')).toBe(true)
	expect(isText('a  …', 'ab')).toBe(false)
	expect(isText('…\nlast', 'last')).toBe(true)
	expect(isText('…\nlast', 'one\ntwo\nlast')).toBe(true)
	expect(isText('first\n…', 'first\ntwo')).toBe(true)
	expect(isText('first\n…\nlast', 'first\nother')).toBe(false)
})

test('JSON is equal by value, with … for values, members and elements', () => {
	expect(isJson('{ "a": 1, "b": [true] }', '{"b":[true],"a":1}')).toBe(true)
	expect(isJson('{ "a": "…" }', '{"a": {"b": 1}}')).toBe(true)
	expect(isJson('{ "a": "chat-…" }', '{"a": "chat-12"}')).toBe(true)
	expect(isJson('{ "a": 1 }', '{"a": 1, "b": 2}')).toBe(false)
	expect(isJson('{ "a": 1, "…": "…" }', '{"a": 1, "b": 2}')).toBe(true)
	expect(isJson('{ "a": 1, "…": "…" }', '{"b": 2}')).toBe(false)
	expect(isJson('[1, "…"]', '[1, 2, 3]')).toBe(true)
	expect(isJson('[1, "…"]', '[2]')).toBe(false)
	expect(isJson('[1]', '[1, 2]')).toBe(false)
	expect(isJson('{}', 'not JSON')).toBe(false)
})
