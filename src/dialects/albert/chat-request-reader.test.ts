import { describe, expect, test } from 'bun:test'
import { ChatError } from '../../chat/error.ts'
import { writeValidationDetail } from '../albert-family/validation-detail.ts'
import { readAlbertChatRequest } from './chat-request-reader.ts'

const body = { model: 'm', messages: [{ role: 'user', content: 'Salut !' }] }
const uuid = '91d4ed10-9ba4-409c-8c15-01548f7f8a68'

test('the temperature defaults to 0.7', () => {
	expect(readAlbertChatRequest(body, true).fields.request.sampling).toEqual({ temperature: 0.7 })
	expect(readAlbertChatRequest({ ...body, temperature: null }, true).fields.request.sampling).toEqual({
		temperature: 0.7,
	})
	expect(readAlbertChatRequest({ ...body, temperature: 0 }, true).fields.request.sampling).toEqual({ temperature: 0 })
})

describe('a conversation', () => {
	test('starts with `user` and continues with `id`, which is not sent upstream', () => {
		expect(readAlbertChatRequest({ ...body, user: 'leo' }, true).fields.thread?.origin).toEqual({
			type: 'new',
			user: 'leo',
		})
		const sent = { ...body, user: 'leo', id: uuid, guided: 1 }
		const { request, thread, dropped } = readAlbertChatRequest(sent, true).fields
		expect(thread?.origin).toMatchObject({ type: 'conversation', user: 'leo' })
		expect(request.passthrough).toEqual({ guided: 1 })
		expect(dropped).toEqual([])
	})
	test('needs a user: without one `id` is dropped and reported', () => {
		for (const user of [undefined, null, '']) {
			const { request, thread, dropped } = readAlbertChatRequest({ ...body, user, id: uuid }, true).fields
			expect([request.passthrough, thread, dropped]).toEqual([{}, undefined, ['id']])
		}
	})
	test('is not stored without a history: `id` is dropped and reported', () => {
		const { request, thread, dropped } = readAlbertChatRequest({ ...body, user: 'leo', id: uuid }, false).fields
		expect([request.passthrough, thread, dropped]).toEqual([{}, undefined, ['id']])
	})
})

test('a validation error has the path of the invalid value', () => {
	const error = new ChatError('invalid-request', 'Wrong.', {
		param: 'messages[2].content[0].text',
		code: 'invalid_type',
	})
	expect(writeValidationDetail(error)).toEqual([
		{ loc: ['body', 'messages', 2, 'content', 0, 'text'], msg: 'Wrong.', type: 'invalid_type' },
	])
	expect(writeValidationDetail(new ChatError('invalid-request', 'Wrong.'))).toEqual([
		{ loc: ['body'], msg: 'Wrong.', type: 'value_error' },
	])
})
