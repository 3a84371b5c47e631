import { expect, test } from 'bun:test'
import { ChatError } from '../../chat/error.ts'
import { readListQuery, writeList } from './list-query.ts'

const read = (query: string) => readListQuery(new URLSearchParams(query), 'desc')

test('absent parameters have defaults', () => {
	expect(read('')).toEqual({ limit: 20, order: 'desc' })
	expect(read('limit=&order=&after=')).toEqual({ limit: 20, order: 'desc' })
	expect(read('limit=100&order=asc&after=x')).toEqual({ limit: 100, order: 'asc', after: 'x' })
})

test('an invalid query is reported', () => {
	for (const [query, param, code] of [
		['limit=0', 'limit', 'integer_below_min_value'],
		['limit=101', 'limit', 'integer_above_max_value'],
		['limit=x', 'limit', 'invalid_value'],
		['order=up', 'order', 'invalid_value'],
	] as const) {
		let thrown: unknown
		try {
			read(query)
		} catch (caught) {
			thrown = caught
		}
		expect(thrown, query).toBeInstanceOf(ChatError)
		expect(thrown, query).toMatchObject({ kind: 'invalid-request', param, code })
	}
})

test('a list has its first and last id', () => {
	expect(writeList([{ id: 'a' }, { id: 'b' }], true)).toEqual({
		object: 'list',
		data: [{ id: 'a' }, { id: 'b' }],
		first_id: 'a',
		last_id: 'b',
		has_more: true,
	})
	expect(writeList([], false)).toMatchObject({ first_id: null, last_id: null })
})
