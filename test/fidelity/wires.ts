// The wires behind the engines, as their servers see and speak them: where each feature shows in a request, and answers that say
// each thing there is to say.

import { at, listAt } from '../tongues/tongue.ts'
import { type AnswerFeature, marks, type RequestFeature } from './features.ts'

export interface Wire {
	/** Of the engine. */
	readonly name: string
	/** Whose words are the same. */
	readonly family: string
	/** Options of the upstream, in YAML. */
	configure(url: string): string
	/** Whether the server was told. */
	readonly sees: Readonly<Record<RequestFeature, (body: unknown) => boolean>>
	/** What the server answers: a status and a body, or the events of a stream. */
	answer(feature: AnswerFeature, stream: boolean): Reply
}

export interface Reply {
	readonly status: number
	readonly headers?: Readonly<Record<string, string>>
	/** A text is sent as it is, anything else as JSON. */
	readonly body: unknown
}

function holds(value: unknown, mark: string): boolean {
	return (JSON.stringify(value) ?? '').includes(JSON.stringify(mark).slice(1, -1))
}

export function events(values: readonly unknown[], write: (value: unknown) => string): Reply {
	return { status: 200, headers: { 'content-type': 'text/event-stream' }, body: values.map(write).join('') }
}

const usage = {
	prompt_tokens: 31,
	completion_tokens: 7,
	total_tokens: 38,
	prompt_tokens_details: { cached_tokens: 20 },
}
const calls = ['Paris', 'Rome'].map((place, index) => ({
	index,
	id: `call_${index}`,
	type: 'function',
	function: { name: 'look', arguments: JSON.stringify({ place }) },
}))

/** Errors as each wire's body and status, by feature. */
const statuses = {
	errorInvalid: 400,
	errorLimit: 429,
	errorOverloaded: 529,
	errorKey: 401,
	errorFailed: 500,
} as const

function errorStatus(feature: AnswerFeature): number | undefined {
	return feature in statuses ? statuses[feature as keyof typeof statuses] : undefined
}

function choiceOf(feature: AnswerFeature) {
	const plain = { content: marks.text, finish_reason: 'stop' }
	switch (feature) {
		case 'reasoning':
		case 'proof':
			return { ...plain, reasoning_content: marks.reasoning }
		case 'calls':
		case 'callsStreamed':
			return { content: null, tool_calls: calls, finish_reason: 'tool_calls' }
		case 'length':
			return { ...plain, finish_reason: 'length' }
		case 'filtered':
			return { ...plain, finish_reason: 'content_filter' }
		case 'stopText':
			return { ...plain, stop_reason: marks.stop }
		case 'refusal':
			return { ...plain, content: null, refusal: marks.refusal }
		default:
			return plain
	}
}

function answerChat(feature: AnswerFeature, stream: boolean): Reply {
	const status = errorStatus(feature)
	if (status !== undefined)
		return {
			status,
			...(status === 429 ? { headers: { 'retry-after': '7' } } : {}),
			body: { error: { message: 'It went wrong.', type: 'error', param: null, code: null } },
		}
	const { finish_reason, stop_reason, ...message } = { stop_reason: undefined, ...choiceOf(feature) }
	const head = { id: 'x', created: 1, model: 'm' }
	if (!stream)
		return {
			status: 200,
			body: {
				...head,
				object: 'chat.completion',
				choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason, stop_reason }],
				usage,
			},
		}
	const chunk = (choice: object, rest: object = {}) => ({
		...head,
		object: 'chat.completion.chunk',
		choices: [{ index: 0, finish_reason: null, ...choice }],
		...rest,
	})
	const write = (value: unknown) => `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`
	const begun = [chunk({ delta: { role: 'assistant', ...message } })]
	if (feature === 'errorMidStream')
		return events([...begun, { error: { message: 'It went wrong.', type: 'server_error', code: null } }], write)
	return events([...begun, chunk({ delta: {}, finish_reason }), { ...head, choices: [], usage }, '[DONE]'], write)
}

const chatWire: Wire['sees'] = {
	system: (body) =>
		/system|developer/.test(String(at(body, 'messages', 0, 'role'))) && holds(at(body, 'messages', 0), marks.system),
	developer: (body) => at(body, 'messages', 0, 'role') === 'developer' && holds(at(body, 'messages', 0), marks.system),
	image: (body) => holds(body, marks.image),
	imageUrl: (body) => holds(body, marks.imageUrl),
	audio: (body) => holds(body, marks.audio),
	file: (body) => holds(body, marks.file),
	tools: (body) => at(body, 'tools', 0, 'function', 'name') === 'look',
	toolChoice: (body) => at(body, 'tool_choice', 'function', 'name') === 'look',
	toolChoiceRequired: (body) => at(body, 'tool_choice') === 'required',
	parallelOff: (body) => at(body, 'parallel_tool_calls') === false,
	toolResult: (body) =>
		listAt(body, 'messages').some((message) => at(message, 'role') === 'tool' && holds(message, marks.result)),
	toolFailure: (body) => holds(body, marks.failure),
	toolImage: (body) => holds(body, marks.image),
	jsonSchema: (body) => at(body, 'response_format', 'type') === 'json_schema',
	jsonObject: (body) => at(body, 'response_format', 'type') === 'json_object',
	maxTokens: (body) => at(body, 'max_tokens') === 77,
	stop: (body) => holds(at(body, 'stop'), marks.stop),
	temperature: (body) => at(body, 'temperature') === 0.5,
	topP: (body) => at(body, 'top_p') === 0.9,
	topK: (body) => at(body, 'top_k') === 7,
	frequencyPenalty: (body) => at(body, 'frequency_penalty') === 0.5,
	logitBias: (body) => at(body, 'logit_bias', '17') === 5,
	seed: (body) => at(body, 'seed') === 42,
	logprobs: (body) => at(body, 'logprobs') === true,
	choices: (body) => at(body, 'n') === 2,
	effort: (body) => at(body, 'reasoning_effort') === 'low',
	budget: () => false,
	user: (body) => at(body, 'user') === marks.user,
	cacheMark: () => false,
	ownField: (body) => at(body, 'guided_regex') === 'a+',
}

function blocksOf(feature: AnswerFeature): readonly object[] {
	const text = { type: 'text', text: marks.text }
	switch (feature) {
		case 'reasoning':
			return [{ type: 'thinking', thinking: marks.reasoning, signature: '' }, text]
		case 'proof':
			return [{ type: 'thinking', thinking: marks.reasoning, signature: marks.proof }, text]
		case 'calls':
		case 'callsStreamed':
			return ['Paris', 'Rome'].map((place, index) => ({
				type: 'tool_use',
				id: `toolu_${index}`,
				name: 'look',
				input: { place },
			}))
		default:
			return [text]
	}
}

const messageReasons: Partial<Record<AnswerFeature, string>> = {
	calls: 'tool_use',
	callsStreamed: 'tool_use',
	length: 'max_tokens',
	filtered: 'refusal',
	stopText: 'stop_sequence',
}

const errorTypes: Readonly<Record<number, string>> = {
	400: 'invalid_request_error',
	401: 'authentication_error',
	429: 'rate_limit_error',
	500: 'api_error',
	529: 'overloaded_error',
}

function answerMessage(feature: AnswerFeature, stream: boolean): Reply {
	const status = errorStatus(feature)
	if (status !== undefined)
		return {
			status,
			...(status === 429 ? { headers: { 'retry-after': '7' } } : {}),
			body: { type: 'error', error: { type: errorTypes[status], message: 'It went wrong.' } },
		}
	const blocks = blocksOf(feature)
	const delta = {
		stop_reason: messageReasons[feature] ?? 'end_turn',
		stop_sequence: feature === 'stopText' ? marks.stop : null,
	}
	const counts = { input_tokens: 11, cache_read_input_tokens: 20, cache_creation_input_tokens: 0, output_tokens: 7 }
	const head = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm' }
	if (!stream) return { status: 200, body: { ...head, content: blocks, ...delta, usage: counts } }
	const write = (value: unknown) => `event: ${String(at(value, 'type'))}\ndata: ${JSON.stringify(value)}\n\n`
	const begun = [
		{ type: 'message_start', message: { ...head, content: [], stop_reason: null, usage: counts } },
		...blocks.flatMap((block, index) => writeBlock(block, index)),
	]
	if (feature === 'errorMidStream')
		return events([...begun, { type: 'error', error: { type: 'api_error', message: 'It went wrong.' } }], write)
	return events([...begun, { type: 'message_delta', delta, usage: counts }, { type: 'message_stop' }], write)
}

function writeBlock(block: object, index: number): readonly object[] {
	const deltas = (): readonly object[] => {
		switch (at(block, 'type')) {
			case 'text':
				return [{ type: 'text_delta', text: at(block, 'text') }]
			case 'thinking':
				return [
					{ type: 'thinking_delta', thinking: at(block, 'thinking') },
					{ type: 'signature_delta', signature: at(block, 'signature') },
				]
			default:
				return [{ type: 'input_json_delta', partial_json: JSON.stringify(at(block, 'input')) }]
		}
	}
	const empty = { ...block, ...('text' in block ? { text: '' } : {}), ...('input' in block ? { input: {} } : {}) }
	return [
		{ type: 'content_block_start', index, content_block: 'thinking' in block ? { ...empty, thinking: '' } : empty },
		...deltas().map((delta) => ({ type: 'content_block_delta', index, delta })),
		{ type: 'content_block_stop', index },
	]
}

const messageWire: Wire['sees'] = {
	system: (body) => holds(at(body, 'system'), marks.system),
	developer: (body) => holds(at(body, 'system'), marks.system),
	image: (body) => holds(body, marks.image),
	imageUrl: (body) => holds(body, marks.imageUrl),
	audio: (body) => holds(body, marks.audio),
	file: (body) => holds(body, marks.file),
	tools: (body) => at(body, 'tools', 0, 'name') === 'look',
	toolChoice: (body) => at(body, 'tool_choice', 'type') === 'tool',
	toolChoiceRequired: (body) => at(body, 'tool_choice', 'type') === 'any',
	parallelOff: (body) => at(body, 'tool_choice', 'disable_parallel_tool_use') === true,
	toolResult: (body) => holds(body, 'tool_result') && holds(body, marks.result),
	toolFailure: (body) => holds(body, 'is_error') && holds(body, marks.failure),
	toolImage: (body) => holds(body, 'tool_result') && holds(body, marks.image),
	jsonSchema: (body) => at(body, 'output_config', 'format', 'type') === 'json_schema',
	jsonObject: () => false,
	maxTokens: (body) => at(body, 'max_tokens') === 77,
	stop: (body) => holds(at(body, 'stop_sequences'), marks.stop),
	temperature: (body) => at(body, 'temperature') === 0.5,
	topP: (body) => at(body, 'top_p') === 0.9,
	topK: (body) => at(body, 'top_k') === 7,
	frequencyPenalty: () => false,
	logitBias: () => false,
	seed: () => false,
	logprobs: () => false,
	choices: () => false,
	effort: (body) => at(body, 'output_config', 'effort') === 'low',
	budget: (body) => at(body, 'thinking', 'budget_tokens') === 2000,
	user: (body) => at(body, 'metadata', 'user_id') === marks.user,
	cacheMark: (body) => holds(body, 'cache_control'),
	ownField: (body) => at(body, 'inference_geo') === 'eu',
}

export const wires: readonly Wire[] = [
	{
		name: 'openai-compatible',
		family: 'openai',
		configure: (url) => `engine: openai-compatible, url: '${url}/openai'`,
		sees: chatWire,
		answer: answerChat,
	},
	{
		name: 'anthropic',
		family: 'anthropic',
		configure: (url) => `engine: anthropic, url: '${url}/anthropic'`,
		sees: messageWire,
		answer: answerMessage,
	},
]
