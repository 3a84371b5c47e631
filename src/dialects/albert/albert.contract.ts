// What the contract suite sends to Albert API's dialect, and how clients read its answers.

import { at, type DialectSample } from '../dialect-sample.testing.ts'
import { chatReader, textCompletionReader } from '../openai-family/answer-readers.testing.ts'
import { commonRequests } from '../openai-family/requests.testing.ts'
import { albert } from './albert.ts'

export const sample: DialectSample = {
	dialect: albert,
	requests: {
		...commonRequests,
		'GET /chat/history/{user}': { parameters: ['leo'] },
		'GET /chat/history/{user}/{id}': { parameters: ['leo', '91d4ed10-9ba4-409c-8c15-01548f7f8a68'] },
		'GET /tools': {},
	},
	answers: { 'POST /chat/completions': chatReader, 'POST /completions': textCompletionReader },
	readError: (body) => at(body, 'detail', 0, 'msg') ?? at(body, 'detail'),
}
