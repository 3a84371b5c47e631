// Options of Anthropic's engine as the configuration opens it: what an upstream on loopback receives.

import { afterAll, expect, test } from 'bun:test'
import { z } from 'zod'
import type { JsonObject } from '../../chat/json.ts'
import { readMessageRequest } from '../../wire/anthropic/message-request-reader.ts'
import { completionOf } from '../answer.testing.ts'
import { silentContext } from '../engine-context.testing.ts'
import { anthropic } from './kind.ts'

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
			content: [{ type: 'text', text: 'ok' }],
			stop_reason: 'end_turn',
			usage: { input_tokens: 1, output_tokens: 1 },
		})
	},
})
afterAll(() => server.stop(true))

/** Sends a request of a Messages client, with instructions in the middle and a cache mark without `ttl`. */
async function send(options: JsonObject) {
	const engine = await anthropic.open({ url: `http://127.0.0.1:${server.port}/v1`, ...options }, silentContext)
	const { request } = readMessageRequest(
		{
			model: 'm',
			max_tokens: 9,
			system: [{ type: 'text', text: 'A.', cache_control: { type: 'ephemeral', scope: 'global' } }],
			messages: [
				{ role: 'user', content: [{ type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } }] },
				{ role: 'system', content: 'B.' },
			],
			metadata: { user_id: 'ann' },
		},
		null,
	)
	const dropped: string[] = []
	try {
		await completionOf(
			await engine.chat(request, {
				signal: new AbortController().signal,
				model: 'm',
				requestId: 'r',
				unary: true,
				drop: (part) => dropped.push(part),
			}),
		)
	} finally {
		await engine.close()
	}
	return { body: z.record(z.string(), z.json()).parse(received.at(-1)), dropped }
}

const hi = { type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } }
const inUser = [{ role: 'user', content: [hi, { type: 'text', text: '<system>\nB.\n</system>' }] }]
const own = [
	{ role: 'user', content: [hi] },
	{ role: 'system', content: [{ type: 'text', text: 'B.' }] },
]

test('cache marks arrive as the client set them', async () => {
	const { body } = await send({})
	expect(body.system).toEqual([{ type: 'text', text: 'A.', cache_control: { type: 'ephemeral', scope: 'global' } }])
	expect(body.messages).toEqual(inUser)
})

test('instructions in the middle are messages with the beta feature, or by option', async () => {
	expect((await send({ betas: ['mid-conversation-system-2026-04-07'] })).body.messages).toEqual(own)
	expect((await send({ systemMessages: 'system' })).body.messages).toEqual(own)
	const both = { betas: ['mid-conversation-system-2026-04-07'], systemMessages: 'user' }
	expect((await send(both)).body.messages).toEqual(inUser)
})

test('denied fields are removed and reported', async () => {
	const { body, dropped } = await send({ deny: ['metadata'] })
	expect(body).not.toHaveProperty('metadata')
	expect(dropped).toEqual(['metadata'])
})
