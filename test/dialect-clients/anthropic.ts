// Anthropic's Messages API.

import { at, type ClientView, type DialectClient, eventsOf, listAt, textAt } from './dialect-client.ts'

export const anthropic: DialectClient = {
	name: 'anthropic',
	family: 'anthropic',
	failure: 'event',
	tools: 'streamed',
	statuses: { invalidRequest: 400, tooLong: 400, overloaded: 529, unavailable: 503, noKey: 401, noModel: 404 },
	write: ({ model, turns, stream, tool, maxTokens = 1000 }) => ({
		path: '/v1/messages',
		headers: (key) => ({ 'x-api-key': key, 'anthropic-version': '2023-06-01' }),
		body: {
			model,
			max_tokens: maxTokens,
			messages: turns.map(({ role, text }) => ({ role, content: text })),
			...(stream === true ? { stream } : {}),
			...(tool === undefined
				? {}
				: {
						tools: [
							{
								name: tool.name,
								input_schema: {
									type: 'object',
									properties: { [tool.parameter]: { type: 'string' } },
									required: [tool.parameter],
								},
							},
						],
						tool_choice: { type: 'any' },
					}),
		},
	}),
	readUnary(body) {
		const blocks = listAt(body, 'content')
		textAt(body, 'stop_reason')
		return {
			text: blocks
				.filter((block) => at(block, 'type') === 'text')
				.map((block) => textAt(block, 'text'))
				.join(''),
			calls: blocks
				.filter((block) => at(block, 'type') === 'tool_use')
				.map((block) => ({ name: textAt(block, 'name'), arguments: at(block, 'input') })),
			ended: true,
		}
	},
	readStream(text): ClientView {
		let [content, failed, ended] = ['', undefined as string | undefined, false]
		const calls = new Map<unknown, { name: string; input: string }>()
		for (const data of eventsOf(text).data) {
			const event: unknown = JSON.parse(data)
			switch (textAt(event, 'type')) {
				case 'content_block_start':
					if (at(event, 'content_block', 'type') === 'tool_use')
						calls.set(at(event, 'index'), { name: textAt(event, 'content_block', 'name'), input: '' })
					break
				case 'content_block_delta': {
					if (at(event, 'delta', 'type') === 'text_delta') content += textAt(event, 'delta', 'text')
					const call = calls.get(at(event, 'index'))
					if (call !== undefined) call.input += textAt(event, 'delta', 'partial_json')
					break
				}
				case 'message_stop':
					ended = true
					break
				case 'error':
					failed = textAt(event, 'error', 'message')
					break
			}
		}
		return {
			text: content,
			calls: [...calls.values()].map(({ name, input }) => ({
				name,
				arguments: JSON.parse(input === '' ? '{}' : input),
			})),
			...(failed === undefined ? {} : { failed }),
			ended,
		}
	},
	readError(body) {
		if (at(body, 'type') !== 'error') throw new Error(`no error: ${JSON.stringify(body)}`)
		textAt(body, 'error', 'type')
		return textAt(body, 'error', 'message')
	},
}
