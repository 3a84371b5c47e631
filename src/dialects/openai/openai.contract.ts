// What the contract suite sends to OpenAI's dialect, and how clients read its answers.

import { readOpaque } from '../../wire/openai/responses/opaque-text.ts'
import { at, type DialectSample, type SampleAnswerReader, sampleModel } from '../dialect-sample.testing.ts'
import { chatReader, textCompletionReader } from '../openai-family/answer-readers.testing.ts'
import { commonRequests } from '../openai-family/requests.testing.ts'
import { openai } from './openai.ts'

const turn = '0193a0000000700080000000000000ab'
const completion = { parameters: [`chatcmpl-${turn}`] }
const response = { parameters: [`resp_${turn}`] }
const conversation = { parameters: ['conv_91d4ed109ba4409c8c1501548f7f8a68'] }
const item = { parameters: [...conversation.parameters, `msg_${turn}-a0`] }
const responsesBody = { model: sampleModel, input: 'Hello.' }

const responseReader: SampleAnswerReader = {
	text: (body) => at(body, 'output', 0, 'content', 0, 'text'),
	toolArguments: (body) => at(body, 'output', 0, 'arguments'),
	textPiece: (event) => (at(event, 'type') === 'response.output_text.delta' ? at(event, 'delta') : undefined),
	toolArgumentsPiece: (event) =>
		at(event, 'type') === 'response.function_call_arguments.delta' ? at(event, 'delta') : undefined,
	isEnd: (event) => event === '[DONE]',
	readErrorEvent: (event) => at(event, 'response', 'error', 'message'),
	drops: {
		audio: 'there is no item for it',
		'provider-item': 'it belongs to another wire',
		rest: 'it belongs to another wire',
	},
}

/** The user's messages, then the summary. */
const compactionReader: SampleAnswerReader = {
	...responseReader,
	text: (body) => readOpaque(String(at(body, 'output', 1, 'encrypted_content'))),
	toolArguments: undefined,
	unaryOnly: 'the client replaces its conversation by the result',
}

export const sample: DialectSample = {
	dialect: openai,
	requests: {
		...commonRequests,
		'POST /chat/completions/input_tokens': { body: { model: sampleModel, messages: [{ role: 'user', content: 'x' }] } },
		'GET /chat/completions': {},
		'GET /chat/completions/{id}': completion,
		'POST /chat/completions/{id}': { ...completion, body: { metadata: { a: 'b' } } },
		'DELETE /chat/completions/{id}': completion,
		'GET /chat/completions/{id}/messages': completion,
		'POST /responses': { body: responsesBody, optional: ['input'] },
		'POST /responses/input_tokens': { body: responsesBody, optional: ['input'] },
		'POST /responses/compact': { body: responsesBody, optional: ['input'] },
		'GET /responses/{id}': response,
		'DELETE /responses/{id}': response,
		'POST /responses/{id}/cancel': response,
		'GET /responses/{id}/input_items': response,
		'POST /conversations': { body: { metadata: {} }, optional: ['metadata'] },
		'GET /conversations': {},
		'DELETE /conversations': {},
		'GET /conversations/{id}': conversation,
		'POST /conversations/{id}': { ...conversation, body: { metadata: { a: 'b' } } },
		'DELETE /conversations/{id}': conversation,
		'GET /conversations/{id}/export': conversation,
		'POST /conversations/{id}/shares': { ...conversation, body: { files: true }, optional: ['files'] },
		'GET /conversations/{id}/shares': conversation,
		'DELETE /conversations/{id}/shares/{share}': { parameters: [...conversation.parameters, `share_${turn}`] },
		'GET /shares/{id}': { parameters: [`share_${turn}`] },
		'POST /conversations/{id}/items': { ...conversation, body: { items: [{ role: 'user', content: 'Hello.' }] } },
		'GET /conversations/{id}/items': conversation,
		'GET /conversations/{id}/items/{item}': item,
		'DELETE /conversations/{id}/items/{item}': item,
		'GET /streams/{id}': { parameters: [turn] },
		'GET /organization/usage/completions': { query: 'start_time=1800000000' },
		'GET /organization/usage/embeddings': { query: 'start_time=1800000000' },
		'POST /tokenize': { body: { model: sampleModel, prompt: 'Hello.' } },
		'POST /detokenize': { body: { model: sampleModel, tokens: [1] } },
	},
	answers: {
		'POST /chat/completions': chatReader,
		'POST /completions': textCompletionReader,
		'POST /responses': responseReader,
		'POST /responses/compact': compactionReader,
	},
	readError: (body) => at(body, 'error', 'message'),
}
