// OpenAI's Chat Completions.

import { at, listAt } from '../../dialect-clients/dialect-client.ts'
import { type AnswerFeature, marks } from '../features.ts'
import { errorStatus, events, holds, type Reply, type Wire } from './wire.ts'

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
	const started = [chunk({ delta: { role: 'assistant', ...message } })]
	if (feature === 'errorMidStream')
		return events([...started, { error: { message: 'It went wrong.', type: 'server_error', code: null } }], write)
	return events([...started, chunk({ delta: {}, finish_reason }), { ...head, choices: [], usage }, '[DONE]'], write)
}

const chatWire: Wire['sees'] = {
	system: (body) =>
		/system|developer/.test(String(at(body, 'messages', 0, 'role'))) && holds(at(body, 'messages', 0), marks.system),
	developer: (body) => at(body, 'messages', 0, 'role') === 'developer' && holds(at(body, 'messages', 0), marks.system),
	laterSystem: (body) =>
		listAt(body, 'messages').some(
			(message, index) => index > 0 && at(message, 'role') === 'system' && at(message, 'content') === marks.system,
		),
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
	toolFailure: (body) =>
		listAt(body, 'messages').some(
			(message) => at(message, 'role') === 'tool' && at(message, 'content') === `Error: ${marks.failure}`,
		),
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
	budget: (body) => at(body, 'reasoning', 'max_tokens') === 2000,
	thinkingOff: (body) => at(body, 'reasoning_effort') === 'none',
	user: (body) => at(body, 'user') === marks.user,
	cacheMark: (body) => holds(body, 'cache_control'),
	ownField: (body) => at(body, 'guided_regex') === 'a+',
}

export const chat: Wire = {
	name: 'openai-compatible',
	family: 'openai',
	configure: (url) => `engine: openai-compatible, url: '${url}'`,
	sees: chatWire,
	answer: answerChat,
}
