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
	readUnary,
	readStream(text) {
		let view: ClientView = { text: '', calls: [], ended: false }
		let pieces = ''
		for (const data of eventsOf(text).data) {
			if (data === '[DONE]') continue
			const event: unknown = JSON.parse(data)
			const type = textAt(event, 'type')
			if (type === 'response.output_text.delta') pieces += textAt(event, 'delta')
			if (type === 'response.completed') view = readUnary(at(event, 'response'))
			if (type === 'response.failed')
				view = { ...view, failed: textAt(event, 'response', 'error', 'message'), ended: true }
			if (type === 'error')
				view = { ...view, failed: String(at(event, 'message') ?? at(event, 'error', 'message')), ended: true }
		}
		if (view.failed === undefined && view.ended && view.text !== pieces)
			throw new Error(`the pieces '${pieces}' are not the whole '${view.text}'`)
		return { ...view, text: pieces }
	},
	readError: (body) => textAt(body, 'error', 'message'),
}

function readUnary(body: unknown): ClientView {
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
