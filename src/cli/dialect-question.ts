// One question in each dialect, for commands that are clients of a server: how the request is written, and the text of
// the response. It reads only what is shown on a terminal.

import { isObject } from '../chat/json.ts'

export interface DialectQuestion {
	readonly path: string
	/** Credentials and further headers. */
	headers(key: string): Readonly<Record<string, string>>
	write(question: Question): unknown
	/** Of a response, or of one event of a stream. */
	readText(data: unknown): string
	readReasoning(data: unknown): string
	/** The model that answers, if this event or response names it. */
	readModel(data: unknown): string | undefined
	/** Whether this event, or the text `[DONE]`, is the last one of a complete stream. */
	isLast(data: unknown): boolean
	/** Whether the response ended at the token limit. */
	isCut(data: unknown): boolean
}

export interface Question {
	readonly model: string
	readonly text: string
	readonly system?: string | undefined
	readonly stream: boolean
}

/** Used unless a dialect is chosen. */
export const usualDialect = 'openai'

const openaiShaped = (path: string): DialectQuestion => ({
	path,
	headers: (key) => ({ authorization: `Bearer ${key}` }),
	write: ({ model, text, system, stream }) => ({ model, messages: messagesOf(text, system), stream }),
	readText: (data) =>
		textAt(data, 'choices', 0, 'delta', 'content') || textAt(data, 'choices', 0, 'message', 'content'),
	readReasoning: (data) => textAt(data, 'choices', 0, 'delta', 'reasoning_content'),
	readModel: (data) => textAt(data, 'model') || undefined,
	isLast: (data) => data === '[DONE]',
	isCut: (data) => at(data, 'choices', 0, 'finish_reason') === 'length',
})

/** The user's message, after the system message if there is one. */
export function messagesOf(text: string, system: string | undefined) {
	const question = { role: 'user', content: text }
	return system === undefined ? [question] : [{ role: 'system', content: system }, question]
}

/** A required field; models with a lower limit reduce it. */
const anthropicMaxTokens = 4096

/** By the name of the dialect. */
export const dialectQuestions: Readonly<Record<string, DialectQuestion>> = {
	openai: openaiShaped('/openai/v1/chat/completions'),
	albert: openaiShaped('/albert/v1/chat/completions'),
	opengatellm: openaiShaped('/opengatellm/v1/chat/completions'),
	'aleph-alpha': openaiShaped('/aleph-alpha/chat/completions'),
	egp: {
		path: '/egp/v1/chat-completions',
		headers: (key) => ({ 'x-api-key': key }),
		write: openaiShaped('').write,
		readText: (data) => textAt(data, 'chat_completion', 'message', 'content'),
		readReasoning: () => '',
		readModel: () => undefined,
		isLast: (data) => isObject(at(data, 'token_usage')),
		isCut: (data) => at(data, 'chat_completion', 'finish_reason') === 'length',
	},
	anthropic: {
		path: '/anthropic/v1/messages',
		headers: (key) => ({ 'x-api-key': key, 'anthropic-version': '2023-06-01' }),
		write: ({ model, text, system, stream }) => ({
			model,
			max_tokens: anthropicMaxTokens,
			system,
			messages: [{ role: 'user', content: text }],
			stream,
		}),
		readText: (data) =>
			textAt(data, 'delta', 'text') ||
			listAt(data, 'content')
				.map((block) => textAt(block, 'text'))
				.join(''),
		readReasoning: (data) => textAt(data, 'delta', 'thinking'),
		readModel: (data) => textAt(data, 'message', 'model') || undefined,
		isLast: (data) => at(data, 'type') === 'message_stop',
		isCut: (data) => at(data, 'delta', 'stop_reason') === 'max_tokens' || at(data, 'stop_reason') === 'max_tokens',
	},
}

/** A field of parsed JSON, by its path. */
function at(value: unknown, ...path: readonly (string | number)[]): unknown {
	return path.reduce<unknown>((inner, step) => Reflect.get(Object(inner), step), value)
}

function textAt(value: unknown, ...path: readonly (string | number)[]): string {
	const found = at(value, ...path)
	return typeof found === 'string' ? found : ''
}

function listAt(value: unknown, name: string): readonly unknown[] {
	const found = at(value, name)
	return Array.isArray(found) ? found : []
}
