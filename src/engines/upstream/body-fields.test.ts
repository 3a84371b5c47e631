import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../chat/json.ts'
import { parseJson, stringifyJson } from '../../chat/json-text.ts'
import { completeBody, deniedPath } from './body-fields.ts'

function complete(written: JsonObject, deny: readonly string[], body?: JsonObject) {
	const dropped: string[] = []
	return { sent: completeBody(written, { deny, body }, (path) => dropped.push(path)), dropped }
}

const body = {
	user: 'u',
	seed: undefined,
	messages: [
		{ role: 'user', name: 'ann', content: [{ type: 'text', text: 'a', cache_control: {} }] },
		{ role: 'assistant', content: 'b', annotations: [1] },
	],
	tools: [{ function: { name: 'f', strict: true } }],
	response_format: { type: 'json_object', schema: {} },
}

describe('denied fields', () => {
	test('of the body', () => {
		const { sent, dropped } = complete(body, ['user', 'seed', 'n'])
		expect(sent).not.toHaveProperty('user')
		expect(dropped).toEqual(['user'])
	})

	test('of objects and of the items of lists', () => {
		const deny = [
			'messages[].name',
			'messages[].content[].cache_control',
			'tools[].function.strict',
			'response_format.schema',
		]
		const { sent, dropped } = complete(body, deny)
		expect(sent).toEqual({
			user: 'u',
			messages: [
				{ role: 'user', content: [{ type: 'text', text: 'a' }] },
				{ role: 'assistant', content: 'b', annotations: [1] },
			],
			tools: [{ function: { name: 'f' } }],
			response_format: { type: 'json_object' },
		})
		expect(dropped).toEqual(deny)
	})

	test('that are absent change nothing', () => {
		const { sent, dropped } = complete(body, ['messages[].x', 'user[].y', 'user.z', 'tools[][].a', 'x.y'])
		expect(sent).toBe(body)
		expect(dropped).toEqual([])
	})

	test('may be set', () => {
		expect(complete(body, ['user'], { user: 'v', top_k: 1 }).sent).toMatchObject({ user: 'v', top_k: 1 })
	})

	test('leave the numbers of other fields as they were written', () => {
		const written = parseJson('{"a":{"x":1,"id":1234567890123456789,"b":{"2":1.0,"1":2}}}') as JsonObject
		expect(stringifyJson(complete(written, ['a.x']).sent)).toBe('{"a":{"id":1234567890123456789,"b":{"2":1.0,"1":2}}}')
	})
})

test('a path ends with a name', () => {
	for (const path of ['user', 'messages[].name', 'a.b[].c', 'a[][].b']) expect(path).toMatch(deniedPath)
	for (const path of ['', 'a.', '.a', 'a[]', 'a[0].b', 'a..b', '[].a']) expect(path).not.toMatch(deniedPath)
})
