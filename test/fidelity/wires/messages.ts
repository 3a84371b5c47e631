// Anthropic's Messages API.

import { at, listAt } from '../../dialect-clients/dialect-client.ts'
import { type AnswerFeature, marks } from '../features.ts'
import { errorStatus, events, holds, type Reply, type Wire } from './wire.ts'

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
	const started = [
		{ type: 'message_start', message: { ...head, content: [], stop_reason: null, usage: counts } },
		...blocks.flatMap((block, index) => writeBlock(block, index)),
	]
	if (feature === 'errorMidStream')
		return events([...started, { type: 'error', error: { type: 'api_error', message: 'It went wrong.' } }], write)
	return events([...started, { type: 'message_delta', delta, usage: counts }, { type: 'message_stop' }], write)
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
	laterSystem: (body) => holds(at(body, 'messages'), marks.system),
	image: (body) => holds(body, marks.image),
	imageUrl: (body) => holds(body, marks.imageUrl),
	audio: (body) => holds(body, marks.audio),
	file: (body) => holds(body, marks.file),
	tools: (body) => at(body, 'tools', 0, 'name') === 'look',
	toolChoice: (body) => at(body, 'tool_choice', 'type') === 'tool',
	toolChoiceRequired: (body) => at(body, 'tool_choice', 'type') === 'any',
	parallelOff: (body) => at(body, 'tool_choice', 'disable_parallel_tool_use') === true,
	toolResult: (body) => holds(body, 'tool_result') && holds(body, marks.result),
	toolFailure: (body) =>
		listAt(body, 'messages')
			.flatMap((message) => listAt(message, 'content'))
			.some((block) => at(block, 'is_error') === true && holds(block, marks.failure)),
	toolImage: (body) => holds(body, 'tool_result') && holds(body, marks.image),
	jsonSchema: (body) => at(body, 'output_config', 'format', 'type') === 'json_schema',
	// The wire has no such mode: the prompt requests it.
	jsonObject: (body) => holds(at(body, 'system'), 'JSON object'),
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
	// The API does not think unless a request says so.
	thinkingOff: (body) =>
		at(body, 'output_config') === undefined &&
		(at(body, 'thinking') === undefined || at(body, 'thinking', 'type') === 'disabled'),
	user: (body) => at(body, 'metadata', 'user_id') === marks.user,
	cacheMark: (body) => holds(body, 'cache_control'),
	ownField: (body) => at(body, 'inference_geo') === 'eu',
}

export const messages: Wire = {
	name: 'anthropic',
	family: 'anthropic',
	configure: (url) => `engine: anthropic, url: '${url}'`,
	sees: messageWire,
	answer: answerMessage,
}
