import { expect, test } from 'bun:test'
import { parseJson, stringifyJson } from '../../chat/json-text.ts'
import { readUnknownFields } from './unknown-fields.ts'

const known: ReadonlySet<string> = new Set(['type'])

test('unknown fields have the numbers that the text had', () => {
	const rest = readUnknownFields('w', parseJson('{"type":"a","id":1234567890123456789,"price":1.0}'), known)
	expect(rest?.wire).toBe('w')
	expect(stringifyJson(rest?.fields)).toBe('{"id":1234567890123456789,"price":1.0}')
})

test('fields without a value are not unknown fields', () => {
	expect(readUnknownFields('w', { type: 'a', none: null, absent: undefined }, known)).toBeUndefined()
	expect(readUnknownFields('w', 'a', known)).toBeUndefined()
})
