// Which requests every engine accepts, which it refuses, and what it reports of them.

import { expect } from 'bun:test'
import { ChatError } from '../chat/error.ts'
import type { AssistantPart, Message, ToolCall } from '../chat/message.ts'
import { type Bench, thrownBy, time, user, weather } from './engine-bench.testing.ts'

/** A wire that no engine uses. */
const foreignWire = 'foreign'

export const requestClauses = {
	async 'accepts a conversation with instructions, tool calls and tool results'(bench: Bench) {
		const text = (text: string) => [{ type: 'text', text }] as const
		const { choices } = await bench.complete({
			messages: [
				{ role: 'system', content: text('Be brief.') },
				{ role: 'developer', content: text('Be kind.') },
				{ role: 'user', content: text('What is the weather in Paris?') },
				{
					role: 'assistant',
					content: [
						{ type: 'tool-call', kind: 'function', id: 'call_1', name: 'get_weather', arguments: '{"city":"Paris"}' },
					],
				},
				{ role: 'tool', callId: 'call_1', content: text('{"temperature":21}') },
			],
			tools: [weather],
			toolChoice: { type: 'auto' },
		})
		expect(choices.length).toBe(1)
	},

	async 'accepts an assistant message in which reasoning, text and calls alternate'(bench: Bench) {
		const call = (id: string, city: string): ToolCall => ({
			type: 'tool-call',
			kind: 'function',
			id,
			name: 'get_weather',
			arguments: JSON.stringify({ city }),
		})
		const result = (callId: string): Message => ({ role: 'tool', callId, content: [{ type: 'text', text: 'rain' }] })
		const content: readonly AssistantPart[] = [
			{ type: 'reasoning', text: 'Two cities.' },
			{ type: 'text', text: 'First Paris.' },
			call('call_1', 'Paris'),
			{ type: 'reasoning', text: 'One is left.' },
			{ type: 'text', text: 'Then Rome.' },
			call('call_2', 'Rome'),
		]
		const { choices } = await bench.complete({
			messages: [user('Compare them.'), { role: 'assistant', content }, result('call_1'), result('call_2')],
			tools: [weather],
			toolChoice: { type: 'auto' },
		})
		expect(choices.length).toBe(1)
	},

	async 'reports the fields and items of messages, parts, calls and tools that only another wire understands'(
		bench: Bench,
	) {
		const rest = { wire: foreignWire, fields: { foreign_field: 1 } }
		const signature = { wire: foreignWire, value: 'foreign-signature' }
		const content: readonly AssistantPart[] = [
			{ type: 'reasoning', text: 'Paris.', signature, rest },
			{ type: 'reasoning', text: '', signature, encrypted: true },
			{ type: 'provider-item', wire: foreignWire, item: { type: 'foreign_item' } },
			{ type: 'text', text: 'I look it up.', rest },
			{ type: 'tool-call', kind: 'function', id: 'call_1', name: 'get_time', arguments: '{}', signature, rest },
		]
		const dropped: string[] = []
		await bench.complete(
			{
				messages: [
					{ role: 'user', content: [{ type: 'text', text: bench.expectations.prompt, rest }], rest },
					{ role: 'assistant', content, rest },
					{ role: 'tool', callId: 'call_1', content: [{ type: 'text', text: 'noon' }], rest },
				],
				tools: [{ ...time, rest }],
				toolChoice: { type: 'auto' },
			},
			{ ...bench.call(), drop: (part) => dropped.push(part) },
		)
		for (const path of [
			'messages[0].foreign_field',
			'messages[0].content[0].foreign_field',
			'messages[1].foreign_field',
			'messages[1].content[0].foreign_field',
			'messages[1].content[2]',
			'messages[1].content[3].foreign_field',
			'messages[1].content[4].foreign_field',
			'messages[2].foreign_field',
			'tools[0].foreign_field',
		])
			expect(dropped.some((one) => path === one || path === `${one}.foreign_field`)).toBe(true)
	},

	async 'refuses an item of the user that only another wire understands'(bench: Bench) {
		const messages: readonly Message[] = [
			{ role: 'user', content: [{ type: 'provider-item', wire: foreignWire, item: { type: 'foreign_item' } }] },
		]
		const error = await thrownBy(bench.engine.chat(bench.request({ messages }), bench.call()))
		expect(error).toMatchObject({ kind: 'unsupported', param: 'messages[0].content[0]', sent: 'nothing' })
	},

	async 'continues the text of an assistant message that is last, or refuses it'(bench: Bench) {
		const whole = await bench.text()
		const begun = whole.slice(0, whole.indexOf(' ', whole.length / 2))
		const messages: readonly Message[] = [
			user(bench.expectations.prompt),
			{ role: 'assistant', content: [{ type: 'text', text: begun }] },
		]
		const answer = await bench.text({ messages }).catch((error: unknown) => error)
		if (answer instanceof ChatError) expect(['unsupported', 'invalid-request']).toContain(answer.kind)
		else expect(`${begun}${answer}`).toBe(whole)
	},

	async 'handles unusual text'(bench: Bench) {
		for (const text of ['\0', '\ud800', '𝄞 🇫🇷 é', '<|im_end|>', ' \n\t '])
			await bench.events({ messages: [user(text)], maxTokens: 4 })
	},

	async 'throws before the first event if the prompt exceeds the context window'(bench: Bench) {
		const contextTokens = bench.expectations.contextTokens ?? bench.engine.state().contextTokens
		expect(contextTokens).toBeDefined()
		const text = 'word '.repeat(2 * (contextTokens ?? 0))
		const request = bench.request({ messages: [user(text)] })
		const error = await thrownBy(bench.engine.chat(request, bench.call()))
		expect(error).toMatchObject({ kind: 'context-length-exceeded', sent: 'nothing' })
		expect(error.message).toContain(String(contextTokens))
	},

	async 'reports fields of a request that nothing uses'(bench: Bench) {
		const dropped: string[] = []
		const passthrough = { unknown_field: 1, metadata: { key: 'value' } }
		await bench.complete({ passthrough }, { ...bench.call(), drop: (part) => dropped.push(part) })
		expect(dropped).toContain('unknown_field')
	},

	async 'refuses to answer in text if audio is requested'(bench: Bench) {
		const passthrough = { modalities: ['text', 'audio'], audio: { voice: 'alloy', format: 'wav' } }
		const error = await thrownBy(bench.engine.chat(bench.request({ passthrough }), bench.call()))
		expect(error.kind).toBe('unsupported')
	},

	async 'counts the prompt as its usage does, within a tenth'(bench: Bench) {
		const counted = await bench.engine.count?.(bench.request(), bench.call())
		if (counted === undefined) return
		const { promptTokens } = (await bench.complete()).usage
		expect(Math.abs(counted - promptTokens)).toBeLessThanOrEqual(promptTokens / 10)
	},
}
