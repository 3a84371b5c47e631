import { describe, expect, test } from 'bun:test'
import { StringValueReader } from './string-values.ts'

/** Each text by its path, and the paths of the texts that ended. */
function read(fragments: readonly string[]) {
	const reader = new StringValueReader()
	const texts: Record<string, string> = {}
	const ended: string[] = []
	for (const fragment of fragments)
		for (const { path, text, isEnd } of reader.add(fragment)) {
			const name = path.join('.')
			texts[name] = (texts[name] ?? '') + text
			if (isEnd) ended.push(name)
		}
	return { texts, ended }
}

describe('the texts of a JSON value that arrives in pieces', () => {
	const value = {
		a: 'x "y" \\ \n\t\b\f\r / é 😀 \u0001',
		'b"\\n': { c: ['1', 2, { d: '' }, ['3'], null, '4'], e: true },
		f: [],
		g: {},
		h: '{"not":"a member"}, [x]: "y"',
	}
	const json = [
		JSON.stringify(value),
		JSON.stringify(value, undefined, 2),
		JSON.stringify(value).replace('é', '\\u00e9'),
	]
	const paths = ['a', 'b"\\n.c.0', 'b"\\n.c.2.d', 'b"\\n.c.3.0', 'b"\\n.c.5', 'h']
	const texts = Object.fromEntries(
		paths.map((path, index) => [path, [value.a, '1', '', '3', '4', value.h][index] ?? '']),
	)

	for (const [index, text] of json.entries())
		test(`are read wherever it is cut (${index})`, () => {
			for (let cut = 0; cut <= text.length; cut++)
				expect(read([text.slice(0, cut), text.slice(cut)])).toEqual({ texts, ended: paths })
			expect(read([...text])).toEqual({ texts, ended: paths })
		})

	test('are returned as soon as they arrive', () => {
		const reader = new StringValueReader()
		expect(reader.add('{"a":"b')).toEqual([{ path: ['a'], text: 'b', isEnd: false }])
		expect(reader.add('c"')).toEqual([{ path: ['a'], text: 'c', isEnd: true }])
		expect(reader.add('}')).toEqual([])
	})

	test('are few if it is invalid', () => {
		expect(read(['not JSON, "but text"']).texts).toEqual({ '': 'but text' })
		expect(read([']]}}"x"']).texts).toEqual({ '': 'x' })
	})
})
