// The Responses routes: what a call reports about its request.

import { describe, expect, test } from 'bun:test'
import { RecentTurns } from '../../conversations/recent-turns.ts'
import { turnId } from '../../conversations/turn-id.ts'
import { rejection } from '../../system/rejection.testing.ts'
import type { ChatCall } from '../call.ts'
import { openai } from './openai.ts'
import { ResponseMessage } from './response-message.ts'

async function read(path: string, body: object, message?: ResponseMessage): Promise<ChatCall> {
	const route = openai.routes.find((one) => one.path === path && one.method === 'POST')
	const input = { body: { model: 'm', input: 'Hi', ...body }, parameters: [], query: () => new URLSearchParams() }
	const call = await route?.read({ ...input, headers: new Headers(), message })
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

describe('the turns that a WebSocket holds', () => {
	const id = turnId('0193a0000000700080000000000000ab')
	const g = { type: 'function', name: 'g' }
	const open = async (body: object) => {
		const turns = new RecentTurns().connect()
		const { request } = await read('/responses', {
			input: [
				{ type: 'additional_tools', tools: [g] },
				{ role: 'user', content: 'Hi' },
			],
		})
		turns.hold(undefined, { id, origin: { type: 'new' }, messages: request.messages })
		const frame = { model: 'm', stream: true, store: false, previous_response_id: `resp_${id}`, ...body }
		return read('/responses', frame, new ResponseMessage({ body: frame }, turns))
	}

	test('add tools and settings like stored ones', async () => {
		const { request } = await open({ input: 'more', tool_choice: { type: 'function', name: 'g' } })
		expect(request.tools).toMatchObject([g])
		expect(request.toolChoice).toEqual({ type: 'named', name: 'g' })
		expect(request.messages.map(({ role }) => role)).toEqual(['assistant', 'user', 'user'])
		expect((await rejection(open({ input: 'more', tool_choice: { type: 'function', name: 'h' } }))).message).toContain(
			"'h' not found",
		)
	})

	test('are compacted by a trigger', async () => {
		const { request, holder } = await open({ input: [{ type: 'compaction_trigger' }] })
		expect(request.messages.map(({ role }) => role)).toEqual(['assistant', 'user', 'user'])
		expect([request.tools.length, request.toolChoice, holder]).toMatchObject([1, { type: 'none' }, {}])
	})
})

test('a conversation that is not stored is not truncated', async () => {
	const dropped = async (body: object) => (await read('/responses', { truncation: 'auto', ...body })).dropped
	expect(await dropped({})).toEqual([])
	expect(await dropped({ store: false, previous_response_id: `resp_${'0'.repeat(32)}` })).toEqual([])
	expect(await dropped({ store: false })).toEqual(['truncation'])
})
