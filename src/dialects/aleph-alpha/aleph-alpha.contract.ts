// What the contract suite sends to Aleph Alpha's dialect, and how clients read its answers.

import { at, type DialectSample, type SampleAnswerReader, sampleModel } from '../dialect-sample.testing.ts'
import { chatReader, textCompletionReader } from '../openai-family/answer-readers.testing.ts'
import { chatRequest, embeddingsRequest, textCompletionRequest } from '../openai-family/requests.testing.ts'
import { alephAlpha } from './aleph-alpha.ts'

const readErrorEvent = (event: unknown) => at(event, 'error')
const prompt = { model: sampleModel, prompt: 'Hello.' }

const completeReader: SampleAnswerReader = {
	text: (body) => at(body, 'completions', 0, 'completion'),
	textPiece: (event) => at(event, 'completion'),
	isEnd: (event) => at(event, 'type') === 'completion_summary',
	readErrorEvent,
	drops: textCompletionReader.drops ?? {},
}

export const sample: DialectSample = {
	dialect: alephAlpha,
	requests: {
		'POST /chat/completions': chatRequest,
		'POST /complete': { body: prompt },
		'POST /completions': textCompletionRequest,
		'POST /embeddings': embeddingsRequest,
		'POST /semantic_embed': { body: { ...prompt, representation: 'symmetric' }, optional: ['model'] },
		'POST /batch_semantic_embed': {
			body: { model: sampleModel, prompts: ['Hello.'], representation: 'symmetric' },
			// The official client sends none.
			optional: ['model'],
		},
		'POST /instructable_embed': { body: { model: sampleModel, input: 'Hello.', instruction: 'Find it.' } },
		'POST /tokenize': { body: prompt },
		'POST /detokenize': { body: { model: sampleModel, token_ids: [1] } },
		'POST /rerank': { body: { model: sampleModel, query: 'cats', documents: ['cats sleep'] } },
		'GET /models_available': {},
		'GET /model-settings': {},
		'GET /models': {},
		'GET /users/me': {},
		'GET /version': {},
	},
	answers: {
		'POST /chat/completions': {
			...chatReader,
			readErrorEvent,
			drops: { ...chatReader.drops, image: 'a message is one text', audio: 'a message is one text' },
		},
		'POST /complete': completeReader,
		'POST /completions': { ...textCompletionReader, readErrorEvent },
	},
	readError: (body) => at(body, 'error'),
}
