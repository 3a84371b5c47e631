import { expect, test } from 'bun:test'
import { readHeaderLine } from './message-head.ts'
import { readRequestHead } from './request-head.ts'

test('the value of a header has no spaces and tabs around it, and is otherwise unchanged', () => {
	const read = (text: string) => readHeaderLine(`X-Name:${text}`)
	expect(read(' \t a b \t')).toEqual(['x-name', 'a b'])
	expect(read('\u00a0a\u00a0')).toEqual(['x-name', '\u00a0a\u00a0'])
	for (const blank of ['', ' ', '\t \t']) expect(read(blank)).toEqual(['x-name', ''])
})

test('headers have the names, and repeated ones the values, of a web Headers', () => {
	const lines = ['Host: a', 'X-Forwarded-For: 1.1.1.1', 'Accept:', 'x-forwarded-for: 2.2.2.2', 'X-FORWARDED-FOR:']
	const { headers } = readRequestHead(['GET / HTTP/1.1', ...lines])
	const web = new Headers(lines.map((line) => line.split(':') as [string, string]))
	expect(Object.fromEntries(headers)).toEqual(Object.fromEntries(web))
	for (const name of ['host', 'accept', 'x-forwarded-for', 'x-api-key']) {
		expect(headers.get(name)).toBe(web.get(name))
		expect(headers.has(name)).toBe(web.has(name))
	}
})
