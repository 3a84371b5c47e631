// What the contract suite sends to OpenGateLLM's dialect, and how clients read its answers.

import { at, type DialectSample, type SampleRequest, sampleModel } from '../dialect-sample.testing.ts'
import { chatReader, textCompletionReader } from '../openai-family/answer-readers.testing.ts'
import { commonRequests } from '../openai-family/requests.testing.ts'
import { opengatellm } from './opengatellm.ts'

function transcriptionForm(): FormData {
	const form = new FormData()
	form.set('model', sampleModel)
	form.set('file', new File(['sound'], 'a.wav', { type: 'audio/wav' }))
	return form
}

/** The same operations at the paths of several versions. */
const keyRequests: Readonly<Record<string, SampleRequest>> = Object.assign(
	{},
	...['/tokens', '/me/keys', '/keys'].map((path) => ({
		[`POST ${path}`]: { body: { name: 'app' } },
		[`GET ${path}`]: {},
		[`GET ${path}/{id}`]: { parameters: ['key_1'] },
		[`DELETE ${path}/{id}`]: { parameters: ['key_1'] },
	})),
)

export const sample: DialectSample = {
	dialect: opengatellm,
	requests: {
		...commonRequests,
		...keyRequests,
		'POST /rerank': { body: { model: sampleModel, query: 'cats', documents: ['cats sleep', 'dogs bark'] } },
		'POST /audio/transcriptions': { form: transcriptionForm },
		'GET /health/models': {},
		'GET /me': {},
		'GET /me/info': {},
		'GET /users/me': {},
		'GET /me/usage': {},
		'GET /usage': {},
	},
	answers: { 'POST /chat/completions': chatReader, 'POST /completions': textCompletionReader },
	readError: (body) => at(body, 'error', 'message'),
}
