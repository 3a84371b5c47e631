// What the contract suite sends to Anthropic's dialect, and how clients read its answers.

import { at, type DialectSample, type SampleAnswerReader, sampleModel } from '../dialect-sample.testing.ts'
import { anthropic } from './anthropic.ts'

const messages = [{ role: 'user', content: 'Hello.' }]

const messageReader: SampleAnswerReader = {
	text: (body) => at(body, 'content', 0, 'text'),
	toolArguments: (body) => JSON.stringify(at(body, 'content', 0, 'input')),
	textPiece: (event) => at(event, 'delta', 'text'),
	toolArgumentsPiece: (event) => at(event, 'delta', 'partial_json'),
	isEnd: (event) => at(event, 'type') === 'message_stop',
	readErrorEvent: (event) => at(event, 'error', 'message'),
	drops: {
		image: 'an answer has no images',
		audio: 'an answer has no audio',
		'provider-item': 'it belongs to another wire',
		rest: 'it belongs to another wire',
	},
}

export const sample: DialectSample = {
	dialect: anthropic,
	requests: {
		'POST /messages': { body: { model: sampleModel, max_tokens: 100, messages } },
		'POST /messages/count_tokens': { body: { model: sampleModel, messages } },
		'GET /models': {},
		'GET /models/{id}': { parameters: [sampleModel] },
	},
	answers: { 'POST /messages': messageReader },
	readError: (body) => at(body, 'error', 'message'),
}
