// How clients read answers in OpenAI's formats: for the samples of the dialects that share them.

import { at, type SampleAnswerReader } from '../dialect-sample.testing.ts'

const delta = (event: unknown) => at(event, 'choices', 0, 'delta')

export const chatReader: SampleAnswerReader = {
	text: (body) => at(body, 'choices', 0, 'message', 'content'),
	toolArguments: (body) => at(body, 'choices', 0, 'message', 'tool_calls', 0, 'function', 'arguments'),
	textPiece: (event) => at(delta(event), 'content'),
	toolArgumentsPiece: (event) => at(delta(event), 'tool_calls', 0, 'function', 'arguments'),
	isEnd: (event) => event === '[DONE]',
	readErrorEvent: (event) => at(event, 'error', 'message'),
	drops: {
		'provider-item': 'it belongs to another wire',
		rest: 'it belongs to another wire',
	},
}

export const textCompletionReader: SampleAnswerReader = {
	text: (body) => at(body, 'choices', 0, 'text'),
	textPiece: (event) => at(event, 'choices', 0, 'text'),
	isEnd: (event) => event === '[DONE]',
	readErrorEvent: (event) => at(event, 'error', 'message'),
	drops: {
		reasoning: 'a completion is one text',
		refusal: 'a completion is one text',
		'tool-call': 'a completion is one text',
		'tool-arguments': 'a completion is one text',
		image: 'a completion is one text',
		audio: 'a completion is one text',
		'provider-item': 'a completion is one text',
		rest: 'a completion is one text',
	},
}
