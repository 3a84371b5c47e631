import { expect, test } from 'bun:test'
import { ChatError } from '../../chat/error.ts'
import { readMetadataFilter } from './metadata-filter.ts'

const read = (query: string) => readMetadataFilter(new URLSearchParams(query))

test('pairs are read from the query', () => {
	expect(read('metadata[a]=1&metadata[b.c]=2&limit=5')).toEqual({ a: '1', 'b.c': '2' })
	expect(read('metadata=1&metadata[]=2')).toBeUndefined()
})

test('a name that all objects have is a name like any other', () => {
	for (const name of ['__proto__', 'constructor', 'toString'])
		expect(Object.entries(read(`metadata[${name}]=x`) ?? {})).toEqual([[name, 'x']])
})

test('as many pairs as metadata may have', () => {
	const pairs = (count: number) => Array.from({ length: count }, (_, at) => `metadata[k${at}]=`).join('&')
	expect(Object.keys(read(pairs(16)) ?? {})).toHaveLength(16)
	for (const count of [17, 2000]) expect(() => read(pairs(count))).toThrow(ChatError)
})
