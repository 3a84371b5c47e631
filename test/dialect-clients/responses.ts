// OpenAI's Responses API.

import { at, bearer, type ClientView, type DialectClient, eventsOf, listAt, textAt } from './dialect-client.ts'
import { openaiStatuses } from './openai-shaped.ts'

export const responses: DialectClient = {
	name: 'openai responses',
	family: 'openai',
	failure: 'event',
	tools: 'streamed',
	statuses: openaiStatuses,
	write: ({ model, turns, stream, tool, maxTokens }) => ({
		path: '/openai/v1/responses',
		headers: bearer,
		body: {
			model,
			store: false,
			input: turns.map(({ role, text }) => ({ role, content: text })),
			...(stream === true ? { stream } : {}),
			...(maxTokens === undefined ? {} : { max_output_tokens: maxTokens }),
			...(tool === undefined
				? {}
				: {
						tools: [
							{
								type: 'function',
								name: tool.name,
								strict: false,
								parameters: {
									type: 'object',
									properties: { [tool.parameter]: { type: 'string' } },
									required: [tool.parameter],
								},
							},
						],
						tool_choice: 'required',
					}),
		},
	}),
	readWhole,
	readStream(text) {
		let said: ClientView = { text: '', calls: [], ended: false }
		let pieces = ''
		for (const data of eventsOf(text).data) {
			if (data === '[DONE]') continue
			const event: unknown = JSON.parse(data)
			const type = textAt(event, 'type')
			if (type === 'response.output_text.delta') pieces += textAt(event, 'delta')
			if (type === 'response.completed') said = readWhole(at(event, 'response'))
			if (type === 'response.failed')
				said = { ...said, failed: textAt(event, 'response', 'error', 'message'), ended: true }
			if (type === 'error')
				said = { ...said, failed: String(at(event, 'message') ?? at(event, 'error', 'message')), ended: true }
		}
		if (said.failed === undefined && said.ended && said.text !== pieces)
			throw new Error(`the pieces '${pieces}' are not the whole '${said.text}'`)
		return { ...said, text: pieces }
	},
	readError: (body) => textAt(body, 'error', 'message'),
}

function readWhole(body: unknown): ClientView {
	const items = listAt(body, 'output')
	return {
		text: items
			.filter((item) => at(item, 'type') === 'message')
			.flatMap((item) =>
				listAt(item, 'content').map((part) => textAt(part, at(part, 'type') === 'refusal' ? 'refusal' : 'text')),
			)
			.join(''),
		calls: items
			.filter((item) => at(item, 'type') === 'function_call')
			.map((item) => ({ name: textAt(item, 'name'), arguments: JSON.parse(textAt(item, 'arguments')) })),
		ended: textAt(body, 'status') !== 'in_progress',
	}
}
