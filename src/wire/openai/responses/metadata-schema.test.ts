import { expect, test } from 'bun:test'
import { metadataSchema } from './metadata-schema.ts'

const read = (text: string) => metadataSchema.safeParse(JSON.parse(text))
const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, 'v']))

test.each(['{}', '{"a":"b"}', '{"__proto__":"a","b":"c"}', '{"constructor":"a","toString":"b"}'])(
	'%s is carried whole',
	(text) => {
		expect(JSON.stringify(read(text).data)).toBe(text)
	},
)

test.each([
	['{"a":1}', ['a']],
	['{"__proto__":{"a":"b"}}', ['__proto__']],
	[`{"__proto__":"${'x'.repeat(513)}"}`, ['__proto__']],
	[`{"a":"${'x'.repeat(513)}"}`, ['a']],
	[`{"${'k'.repeat(65)}":"a"}`, ['k'.repeat(65)]],
	[JSON.stringify(many(17)), []],
	[JSON.stringify(many(16)).replace('{', '{"__proto__":"a",'), []],
	['[]', []],
	['"a"', []],
	['null', []],
])('%s is refused', (text, path) => {
	expect(read(text).error?.issues.map((issue) => issue.path)).toEqual([path])
})
