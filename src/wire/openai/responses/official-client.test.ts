// Reads the answers written here with OpenAI's own client.

import { afterAll, describe, expect, test } from 'bun:test'
import OpenAI from 'openai'
import { collect } from '../../../chat/collect.testing.ts'
import { ChatError } from '../../../chat/error.ts'
import type { ChatEvent, StartedText, StartedToolCall } from '../../../chat/event.ts'
import { turnId } from '../../../conversations/turn-id.ts'
import { rejection } from '../../../system/rejection.testing.ts'
import { ResponseEventWriter } from './event-writer.ts'
import { readResponsesRequest } from './request-reader.ts'
import { writeCompletedResponse } from './response-writer.ts'

const usage = { promptTokens: 3, completionTokens: 2, cachedTokens: 1, reasoningTokens: 1, source: 'counted' } as const
const answers: Readonly<Record<string, readonly ChatEvent[]>> = {
	all: [
		{ type: 'start' },
		...partOf({ type: 'reasoning' }, 'Hm', '.'),
		...partOf({ type: 'text' }, 'Hé', 'llo'),
		...partOf({ type: 'tool-call', kind: 'function', id: 'c1', name: 'f' }, '{"a":', '1}'),
		{ type: 'choice-finish', choice: 0, reason: 'tool-calls' },
		{ type: 'finish', usage },
	],
	refusal: [
		{ type: 'start' },
		...partOf({ type: 'refusal' }, 'No'),
		{ type: 'choice-finish', choice: 0, reason: 'stop' },
		{ type: 'finish', usage },
	],
	cut: [
		{ type: 'start' },
		...partOf({ type: 'text' }, 'Half'),
		{ type: 'choice-finish', choice: 0, reason: 'length' },
		{ type: 'finish', usage },
	],
	broken: [
		{ type: 'start' },
		...partOf({ type: 'text' }, 'Half').slice(0, -1),
		{ type: 'error', error: new ChatError('upstream-failed', 'Gone.', { sent: 'yes' }) },
	],
}

function partOf(part: StartedText | StartedToolCall, ...texts: readonly string[]): readonly ChatEvent[] {
	return [
		{ type: 'part-start', choice: 0, part },
		...texts.map((text): ChatEvent => ({ type: 'part-delta', choice: 0, part: part.type, text })),
		{ type: 'part-end', choice: 0 },
	]
}

const server = Bun.serve({
	hostname: '127.0.0.1',
	port: 0,
	async fetch(request) {
		const read = readResponsesRequest(await request.json())
		const events = answers[read.request.model] ?? []
		const identity = {
			token: turnId('0193a0000000700080000000000000ab'),
			created: 1700000000,
			model: read.request.model,
			now: () => 0,
		}
		if (!read.stream) {
			const all = (async function* () {
				yield* events
			})()
			return Response.json(writeCompletedResponse(await collect(all), identity, read))
		}
		const writer = new ResponseEventWriter(identity, read)
		const text = events.map((event) => writer.write(event)).join('')
		return new Response(text, { headers: { 'content-type': 'text/event-stream' } })
	},
})
afterAll(() => server.stop(true))
const client = new OpenAI({ baseURL: `http://127.0.0.1:${server.port}`, apiKey: 'k', maxRetries: 0 })
const tools = [{ type: 'function' as const, name: 'f', parameters: { type: 'object' }, strict: false }]

describe('openai-node', () => {
	test('create', async () => {
		const response = await client.responses.create({ model: 'all', input: 'Hi', tools, metadata: { a: 'b' } })
		expect(response.output_text).toBe('Héllo')
		expect(response.output.map(({ type }) => type)).toEqual(['reasoning', 'message', 'function_call'])
		expect(response.metadata).toEqual({ a: 'b' })
		expect(response.usage?.total_tokens).toBe(5)
	})

	test('stream() builds the same response as create()', async () => {
		for (const model of ['all', 'refusal', 'cut']) {
			const streamed = await client.responses.stream({ model, input: 'Hi', tools }).finalResponse()
			const created = await client.responses.create({ model, input: 'Hi', tools })
			expect(streamed.output_text).toBe(created.output_text)
			expect(streamed.status).toBe(created.status ?? 'failed')
			expect(streamed.output).toMatchObject(Object(created.output))
		}
	})

	test('stream() builds snapshots from the deltas', async () => {
		const deltas: string[] = []
		const stream = client.responses.stream({ model: 'all', input: 'Hi', tools })
		stream.on('response.output_text.delta', ({ snapshot }) => deltas.push(snapshot))
		stream.on('response.function_call_arguments.delta', ({ snapshot }) => deltas.push(snapshot))
		await stream.finalResponse()
		expect(deltas).toEqual(['Hé', 'Héllo', '{"a":', '{"a":1}'])
	})

	test('an interrupted answer is an error with its message', async () => {
		const broken = client.responses.stream({ model: 'broken', input: 'Hi' })
		expect((await rejection(broken.finalResponse())).message).toContain('Gone.')
	})

	test('its outputs are accepted as input', async () => {
		const { output } = await client.responses.create({ model: 'all', input: 'Hi', tools })
		const { request } = readResponsesRequest({
			model: 'm',
			input: [...output, { type: 'function_call_output', call_id: 'c1', output: '2' }],
		})
		expect(request.messages).toEqual([
			{
				role: 'assistant',
				content: [
					{ type: 'reasoning', text: 'Hm.' },
					{ type: 'text', text: 'Héllo' },
					{ type: 'tool-call', kind: 'function', id: 'c1', name: 'f', arguments: '{"a":1}' },
				],
			},
			{ role: 'tool', callId: 'c1', content: [{ type: 'text', text: '2' }] },
		])
	})
})
