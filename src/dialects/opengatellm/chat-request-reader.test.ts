import { expect, test } from 'bun:test'
import { ChatError } from '../../chat/error.ts'
import { readOpenGateChatRequest } from './chat-request-reader.ts'

const body = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] }
const weather = { type: 'function', function: { name: 'get_weather' } }

test('tool_choice defaults to auto', () => {
	expect(readOpenGateChatRequest({ ...body, tools: [weather] }).request.toolChoice).toEqual({ type: 'auto' })
	expect(readOpenGateChatRequest({ ...body, tools: [weather], tool_choice: 'none' }).request.toolChoice).toEqual({
		type: 'none',
	})
})

test('defaults that its clients send are accepted, unknown fields are passed through', () => {
	const { request } = readOpenGateChatRequest({
		...body,
		...{ frequency_penalty: 0, presence_penalty: 0, logit_bias: null, logprobs: false, top_logprobs: null, n: 1 },
		...{ stop: [], stream: false, stream_options: null, temperature: null, top_p: null, tools: null },
		...{ tool_choice: 'none', parallel_tool_calls: false, search: false, search_args: null, guided_choice: ['a'] },
	})
	expect(request.passthrough).toEqual({ guided_choice: ['a'] })
	expect(request.parallelToolCalls).toBe(true)
	expect(request.sampling).toEqual({ frequencyPenalty: 0, presencePenalty: 0 })
})

test('parallel_tool_calls has an effect only with tools', () => {
	const { request } = readOpenGateChatRequest({ ...body, tools: [weather], parallel_tool_calls: false })
	expect(request.parallelToolCalls).toBe(false)
})

test('document search is rejected, in whichever form it is requested', () => {
	const refusal = (extra: object): unknown => {
		try {
			return readOpenGateChatRequest({ ...body, ...extra })
		} catch (thrown) {
			return thrown instanceof ChatError ? [thrown.kind, thrown.param] : thrown
		}
	}
	expect(refusal({ search: true })).toEqual(['gone', 'search'])
	expect(refusal({ search_args: { collections: [1] } })).toEqual(['gone', 'search_args'])
	expect(refusal({ tools: [weather, { type: 'search', collection_ids: [1] }] })).toEqual(['gone', 'tools[1]'])
})
