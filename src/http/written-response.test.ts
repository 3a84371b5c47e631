import { expect, test } from 'bun:test'
import { asResponse, WrittenResponse } from './written-response.ts'

test('a header that would begin another line is refused', () => {
	for (const value of ['a\r\nset-cookie: b', 'a\nb', 'a\0', '☃'])
		expect(() => new WrittenResponse(200, { 'x-model': value }, null)).toThrow(
			`the value of the header 'x-model' is invalid`,
		)
	expect(new WrittenResponse(200, { 'x-model': 'a\tb é' }, null).status).toBe(200)
})

test('a web Response has the same status, headers and body', async () => {
	const response = asResponse(new WrittenResponse(404, { 'content-type': 'application/json' }, '{"a":"ü"}'))
	expect(response.status).toBe(404)
	expect(Object.fromEntries(response.headers)).toEqual({ 'content-type': 'application/json' })
	expect(await response.json()).toEqual({ a: 'ü' })
})
