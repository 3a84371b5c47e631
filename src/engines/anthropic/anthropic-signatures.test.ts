// Signatures on their way from an upstream through a Messages client and back: only the service and model that made a
// signature receive it.

import { afterAll, expect, test } from 'bun:test'
import { isObject, type Json, type JsonObject } from '../../chat/json.ts'
import { writeMessage } from '../../wire/anthropic/message-answer-writer.ts'
import { readMessageRequest } from '../../wire/anthropic/message-request-reader.ts'
import { completionOf } from '../answer.testing.ts'
import { silentContext } from '../engine-context.testing.ts'
import { anthropic } from './kind.ts'

const turn = [
	{ type: 'thinking', thinking: 'hm', signature: 'c2ln' },
	{ type: 'text', text: ' \n' },
	{ type: 'redacted_thinking', data: 'ZGF0YQ==' },
	{ type: 'text', text: 'ok' },
]

function listen() {
	const received: unknown[] = []
	const server = Bun.serve({
		port: 0,
		hostname: '127.0.0.1',
		async fetch(request) {
			received.push(await request.json())
			return Response.json({
				id: 'msg_1',
				type: 'message',
				role: 'assistant',
				model: 'm',
				content: turn,
				stop_reason: 'end_turn',
				usage: { input_tokens: 1, output_tokens: 1 },
			})
		},
	})
	return { server, received }
}

const [first, second] = [listen(), listen()]
afterAll(() => Promise.all([first.server.stop(true), second.server.stop(true)]))

/** Sends `content` as a turn of the conversation; returns what the upstream received of it, and its answer. */
async function send({ server, received }: ReturnType<typeof listen>, model: string, content: Json) {
	const engine = await anthropic.open({ url: `http://127.0.0.1:${server.port}/v1` }, silentContext)
	const messages = [
		{ role: 'user', content: 'a' },
		{ role: 'assistant', content },
		{ role: 'user', content: 'b' },
	]
	const { request } = readMessageRequest({ model: 'm', max_tokens: 9, messages }, null)
	const dropped: string[] = []
	const call = { signal: new AbortController().signal, model, requestId: 'r', unary: true }
	try {
		const answer = await engine.chat(request, { ...call, drop: (part) => dropped.push(part) })
		return { completion: await completionOf(answer), content: assistantContent(received.at(-1)), dropped }
	} finally {
		await engine.close()
	}
}

function assistantContent(body: unknown): unknown {
	const messages = isObject(body) && Array.isArray(body.messages) ? body.messages : []
	return messages[1]?.content
}

/** The content that a client gets, which it sends back unchanged. */
async function answered(upstream: ReturnType<typeof listen>, tagsSignatures: boolean): Promise<readonly JsonObject[]> {
	const { completion } = await send(upstream, 'm', 'x')
	const { content } = writeMessage(completion, { id: 'msg_1', model: 'm' }, { hidesThinking: false, tagsSignatures })
	return JSON.parse(JSON.stringify(content))
}

test('a model with one upstream: the turn travels unchanged', async () => {
	const content = await answered(first, false)
	expect(content).toEqual(turn)
	expect(await send(first, 'm', content)).toMatchObject({ content: turn, dropped: [] })
})

test('the upstream that made tagged signatures receives them without the tag', async () => {
	const content = await answered(first, true)
	expect(content).not.toEqual(turn)
	expect(await send(first, 'm', content)).toMatchObject({ content: turn, dropped: [] })
})

test('after a fail-over, another service or model does not receive them', async () => {
	const content = await answered(first, true)
	const rest = [{ type: 'text', text: 'ok' }]
	const dropped = ['messages[1].content[0]']
	expect(await send(second, 'm', content)).toMatchObject({ content: rest, dropped })
	expect(await send(first, 'another', content)).toMatchObject({ content: rest, dropped })
	expect((await send(first, 'm', content)).content).toEqual(turn)
})
