// The Responses routes: what a call reports about its request.

import { describe, expect, test } from 'bun:test'
import type { ChatCall } from '../call.ts'
import { openai } from './openai.ts'

async function read(path: string, body: object): Promise<ChatCall> {
	const route = openai.routes.find((one) => one.path === path && one.method === 'POST')
	const input = { body: { model: 'm', input: 'Hi', ...body }, parameters: [], query: () => new URLSearchParams() }
	const call = await route?.read({ ...input, headers: new Headers() })
	if (call?.type !== 'chat') throw new Error(`unexpected call: ${call?.type}`)
	return call
}

const unknownItem = { input: [{ role: 'user', content: 'Hi' }, { type: 'nonsense' }] }

for (const path of ['/responses', '/responses/compact'])
	describe(path, () => {
		test('has the error for an item that OpenAI does not know, and the item', async () => {
			const { request, violation } = await read(path, unknownItem)
			expect(violation).toMatchObject({ kind: 'invalid-request', param: 'input[1].type' })
			expect(request.messages[1]?.content).toMatchObject([{ type: 'provider-item', item: { type: 'nonsense' } }])
			expect((await read(path, {})).violation).toBeUndefined()
		})

		test('names the fields that no engine gets', async () => {
			const { dropped } = await read(path, { seed: 1, stop: ['x'], reasoning: { summary: 'auto' } })
			const summary = path === '/responses' ? [] : ['reasoning.summary']
			expect([...(dropped ?? [])].sort()).toEqual([...summary, 'seed', 'stop'])
		})
	})

test('a conversation that is not stored is not truncated', async () => {
	const dropped = async (body: object) => (await read('/responses', { truncation: 'auto', ...body })).dropped
	expect(await dropped({})).toEqual([])
	expect(await dropped({ store: false, previous_response_id: `resp_${'0'.repeat(32)}` })).toEqual([])
	expect(await dropped({ store: false })).toEqual(['truncation'])
})
