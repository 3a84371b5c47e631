// Chat completions in OpenAI's form, which several dialects share but for paths, credentials, endings and errors.

import {
	at,
	bearer,
	type ChatQuestion,
	type ClientRequest,
	type ClientView,
	type DialectClient,
	eventsOf,
	listAt,
	textAt,
} from './dialect-client.ts'

export interface OpenAIShape {
	readonly name: string
	readonly path: string
	readonly headers?: (key: string) => Readonly<Record<string, string>>
	/** Whether streams end with `[DONE]`. */
	readonly done: boolean
	/** Only lines with data are understood. */
	readonly dataOnly?: boolean
	readonly statuses?: DialectClient['statuses']
	readonly readError?: (body: unknown) => string
}

export const openaiStatuses = {
	invalidRequest: 400,
	tooLong: 400,
	overloaded: 503,
	unavailable: 503,
	noKey: 401,
	noModel: 404,
}

export function openaiShaped(shape: OpenAIShape): DialectClient {
	return {
		name: shape.name,
		family: 'openai',
		failure: 'event',
		tools: 'streamed',
		statuses: shape.statuses ?? openaiStatuses,
		write: (question) => write(question, shape),
		readUnary(body) {
			const message = at(body, 'choices', 0, 'message')
			textAt(body, 'choices', 0, 'finish_reason')
			const content = at(message, 'content')
			return {
				text: typeof content === 'string' ? content : '',
				calls: listAt(message, 'tool_calls').map((call) => ({
					name: textAt(call, 'function', 'name'),
					arguments: JSON.parse(textAt(call, 'function', 'arguments')),
				})),
				ended: true,
			}
		},
		readStream: (text) => readStream(text, shape),
		readError: shape.readError ?? ((body) => textAt(body, 'error', 'message')),
	}
}

function write({ model, turns, stream, tool, maxTokens }: ChatQuestion, { path, headers }: OpenAIShape): ClientRequest {
	return {
		path,
		headers: headers ?? bearer,
		body: {
			model,
			messages: turns.map(({ role, text }) => ({ role, content: text })),
			...(stream === true ? { stream } : {}),
			...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
			...(tool === undefined
				? {}
				: {
						tools: [
							{
								type: 'function',
								function: {
									name: tool.name,
									parameters: {
										type: 'object',
										properties: { [tool.parameter]: { type: 'string' } },
										required: [tool.parameter],
									},
								},
							},
						],
						tool_choice: 'required',
					}),
		},
	}
}

function readStream(text: string, { done, dataOnly }: OpenAIShape): ClientView {
	const { data, others } = eventsOf(text)
	if (dataOnly === true && (others.length > 0 || /^:/m.test(text))) throw new Error(`lines without data: ${text}`)
	const calls: { name: string; arguments: string }[] = []
	let [fullText, failed, finished] = ['', undefined as string | undefined, false]
	for (const line of data) {
		if (line === '[DONE]') continue
		const chunk: unknown = JSON.parse(line)
		const error = at(chunk, 'error')
		if (error !== undefined) failed = typeof error === 'string' ? error : textAt(error, 'message')
		const delta = at(chunk, 'choices', 0, 'delta')
		const content = at(delta, 'content')
		if (typeof content === 'string') fullText += content
		for (const part of listAt(delta, 'tool_calls')) {
			const index = Number(at(part, 'index'))
			const call = calls[index] ?? { name: '', arguments: '' }
			calls[index] = call
			call.name += String(at(part, 'function', 'name') ?? '')
			call.arguments += String(at(part, 'function', 'arguments') ?? '')
		}
		if (typeof at(chunk, 'choices', 0, 'finish_reason') === 'string') finished = true
	}
	if (!done && data.includes('[DONE]')) throw new Error('clients of this dialect fail on [DONE]')
	return {
		text: fullText,
		calls: calls.map(({ name, arguments: given }) => ({
			name,
			arguments: failed === undefined ? JSON.parse(given) : given,
		})),
		...(failed === undefined ? {} : { failed }),
		ended: finished && (!done || data.at(-1) === '[DONE]'),
	}
}
