import { expect, test } from 'bun:test'
import { foreignWire } from './wire-imports.ts'

test('an engine may import the wire of its own name and the shared ones', () => {
	expect(foreignWire('engines/gemini/gemini.ts', 'wire/gemini/form.ts')).toBeUndefined()
	expect(foreignWire('engines/upstream/http-upstream.ts', 'wire/json/upstream-error.ts')).toBeUndefined()
	expect(foreignWire('wire/openai/responses/item-reader.ts', 'wire/openai/schema-error.ts')).toBeUndefined()
})

test("another vendor's wire is foreign to engines and wires", () => {
	expect(foreignWire('engines/gemini/gemini.ts', 'wire/openai/chunk.ts')).toEqual({
		importer: 'engines/gemini',
		name: 'openai',
	})
	expect(foreignWire('engines/engine.ts', 'wire/openai/chunk.ts')).toEqual({
		importer: 'engines/engines',
		name: 'openai',
	})
	expect(foreignWire('wire/json/fields.ts', 'wire/anthropic/formats.ts')).toEqual({
		importer: 'wire/json',
		name: 'anthropic',
	})
})

test('dialects may import any wire', () => {
	expect(foreignWire('dialects/albert/errors.ts', 'wire/openai/error-writer.ts')).toBeUndefined()
	expect(foreignWire('engines/gemini/gemini.ts', 'chat/json.ts')).toBeUndefined()
})
