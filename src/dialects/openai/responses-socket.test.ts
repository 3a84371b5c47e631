import { describe, expect, test } from 'bun:test'
import { eventsOfPart } from '../../chat/completion-events.ts'
import { ChatError } from '../../chat/error.ts'
import { parseJson, stringifyJson } from '../../chat/json-text.ts'
import { textOf } from '../../chat/parts.ts'
import { RecentTurns } from '../../conversations/recent-turns.ts'
import { turnId } from '../../conversations/turn-id.ts'
import { ResponseEventWriter } from '../../wire/openai/responses/event-writer.ts'
import { writeResponseId } from '../../wire/openai/responses/response-writer.ts'
import type { SocketMessage } from '../dialect.ts'
import { createResponse } from './responses.ts'
import { readSocketFrame, responsesSocket, SocketFrames } from './responses-socket.ts'

const noQuery = () => new URLSearchParams()

describe('a frame', () => {
	test('requests a stream, with an optional id', () => {
		const frame = { type: 'response.create', model: 'm', input: 'Hi', stream_id: 's1', stream: false }
		expect(readSocketFrame(() => frame)).toEqual({
			body: { model: 'm', input: 'Hi', stream: true },
			stream: 's1',
		})
	})

	test('has the numbers of its text', () => {
		const tools = '[{"type":"function","name":"f","parameters":{"maximum":9223372036854775807,"12":1.0}}]'
		const { body } = readSocketFrame(() => parseJson(`{"type":"response.create","tools":${tools},"temperature":1.0}`))
		expect(stringifyJson(body)).toBe(`{"tools":${tools},"temperature":1.0,"stream":true}`)
	})

	for (const [name, text, message] of [
		['that is not JSON', '{', 'We could not parse'],
		['that is not an object', '[]', 'expected a JSON object'],
		['of another type', '{"type":"response.cancel"}', 'response.create'],
		['for the background', '{"type":"response.create","background":true}', 'background'],
		[
			'with a long id, which each event would repeat',
			stringifyJson({ type: 'response.create', stream_id: 'x'.repeat(257) }),
			'stream_id',
		],
	] as const)
		test(`${name} is refused`, () => {
			expect(() => readSocketFrame(() => parseJson(text))).toThrow(message)
		})
})

describe('a message', () => {
	const id = turnId('0193a0000000700080000000000000ab')
	const text = (fields: object) => () => ({ type: 'response.create', model: 'm', store: false, ...fields })
	const callOf = async (message: SocketMessage) => {
		const { body } = message
		const call = await createResponse.read({ body, message, headers: new Headers(), parameters: [], query: noQuery })
		if (call.type !== 'chat') throw new Error(`not a chat: ${call.type}`)
		return call
	}

	test('continues a turn that its connection holds, until a continuation fails', async () => {
		const turns = new RecentTurns().connect()
		const first = await callOf(responsesSocket.read(text({ input: 'one', instructions: 'Be brief.' }), turns))
		first.holder?.complete(id, { role: 'assistant', content: [{ type: 'text', text: 'first' }] })
		const next = responsesSocket.read(text({ input: 'two', previous_response_id: writeResponseId(id) }), turns)
		const { request, thread } = await callOf(next)
		expect(request.messages.map(({ content }) => textOf(content))).toEqual(['one', 'first', 'two'])
		expect(thread).toBeUndefined()
		next.fail()
		expect((await callOf(next)).thread?.origin).toMatchObject({ type: 'turn', id })
	})

	test('that is stored holds nothing', async () => {
		const recent = new RecentTurns()
		const call = await callOf(responsesSocket.read(text({ input: 'one', store: true }), recent.connect()))
		call.holder?.complete(id, undefined)
		expect(recent.size.turns).toBe(0)
	})

	test('of a conversation that headers name holds nothing', async () => {
		const message = responsesSocket.read(text({ input: 'one' }), new RecentTurns().connect())
		const { body } = message
		const headers = new Headers({ 'x-dragoman-conversation': 'new' })
		const call = await createResponse.read({ body, message, headers, parameters: [], query: noQuery })
		expect(call).toMatchObject({ holder: undefined })
	})

	test('without generation calls no model', async () => {
		const turns = new RecentTurns().connect()
		expect((await callOf(responsesSocket.read(text({ input: 'one', generate: false }), turns))).generates).toBe(false)
	})
})

test('events become frames, however their text is split', () => {
	const identity = { token: turnId('0193a0000000700080000000000000ab'), created: 0, model: 'm', now: () => 0 }
	const writer = new ResponseEventWriter(identity, { echo: {}, metadata: {}, withEncryptedReasoning: false })
	const usage = {
		promptTokens: 1,
		completionTokens: 1,
		cachedTokens: 0,
		reasoningTokens: 0,
		source: 'counted',
	} as const
	const text = [
		writer.write({ type: 'start' }),
		': keep-alive\n\n',
		...eventsOfPart({ type: 'text', text: 'a\n\nb' }, 0).map((event) => writer.write(event)),
		writer.write({ type: 'choice-finish', choice: 0, reason: 'stop' }),
		writer.write({ type: 'finish', usage }),
	].join('')
	const whole = new SocketFrames().add(text)
	expect(whole.map((frame) => JSON.parse(frame).type)).toEqual([
		'response.created',
		'response.in_progress',
		'response.output_item.added',
		'response.content_part.added',
		'response.output_text.delta',
		'response.output_text.done',
		'response.content_part.done',
		'response.output_item.done',
		'response.completed',
	])
	for (let at = 0; at <= text.length; at++) {
		const frames = new SocketFrames()
		expect([...frames.add(text.slice(0, at)), ...frames.add(text.slice(at))]).toEqual([...whole])
	}
	const named = new SocketFrames('s"1').add(text).map((frame) => JSON.parse(frame))
	expect(named).toEqual(whole.map((frame) => ({ ...JSON.parse(frame), stream_id: 's"1' })))
})

test('an error is a frame with its status', () => {
	const error = new ChatError('invalid-request', "Previous response with id 'resp_1' not found.", {
		param: 'previous_response_id',
		code: 'previous_response_not_found',
	})
	expect(JSON.parse(failureOf(error))).toEqual({
		type: 'error',
		status: 400,
		error: {
			message: "Previous response with id 'resp_1' not found.",
			type: 'invalid_request_error',
			param: 'previous_response_id',
			code: 'previous_response_not_found',
		},
		stream_id: 's1',
	})
})

function failureOf(error: ChatError): string {
	const { status, body } = responsesSocket.writeError(error)
	return responsesSocket.writeFailure(status, body, 's1')
}
