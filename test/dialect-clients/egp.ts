// Scale's chat of its first four versions, and its agents, which alone call tools.

import { at, type ClientView, type DialectClient, eventsOf, textAt } from './dialect-client.ts'

export const egp: DialectClient = {
	name: 'egp',
	family: 'scale',
	failure: 'cut',
	tools: 'whole',
	statuses: { invalidRequest: 400, tooLong: 400, overloaded: 429, unavailable: 503, noKey: 401, noModel: 422 },
	write({ model, turns, stream, tool, maxTokens }) {
		const messages = turns.map(({ role, text }) => ({ role: role === 'assistant' ? 'agent' : role, content: text }))
		return {
			path: tool === undefined ? '/egp/v1/chat-completions' : '/egp/v1/agents/execute',
			headers: (key) => ({ 'x-api-key': key }),
			body: {
				model,
				messages,
				...(stream === true ? { stream } : {}),
				...(maxTokens === undefined ? {} : { model_parameters: { max_tokens: maxTokens } }),
				...(tool === undefined
					? {}
					: {
							tools: [
								{
									name: tool.name,
									description: 'a tool',
									arguments: {
										type: 'object',
										properties: { [tool.parameter]: { type: 'string', description: 'a text' } },
									},
								},
							],
						}),
			},
		}
	},
	readUnary(body) {
		if (at(body, 'action') === 'tool_request') {
			const call = at(body, 'context', 'tool_request')
			return {
				text: '',
				calls: [{ name: textAt(call, 'name'), arguments: JSON.parse(textAt(call, 'arguments')) }],
				ended: true,
			}
		}
		return { text: textAt(body, 'chat_completion', 'message', 'content'), calls: [], ended: true }
	},
	readStream(text, complete): ClientView {
		const { data, others } = eventsOf(text)
		if (others.length > 0 || /^:/m.test(text)) throw new Error(`lines without data: ${text}`)
		let [content, used] = ['', false]
		for (const line of data) {
			const event: unknown = JSON.parse(line)
			content += textAt(event, 'chat_completion', 'message', 'content')
			if (typeof at(event, 'token_usage', 'total') === 'number') used = true
		}
		return { text: content, calls: [], ended: used && complete }
	},
	readError(body) {
		const detail = at(body, 'detail')
		return typeof detail === 'string' ? detail : textAt(detail, 0, 'msg')
	},
}
