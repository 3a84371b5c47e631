// Valid minimal requests in OpenAI's formats: for the samples of the dialects that share them.

import { type SampleRequest, sampleModel } from '../dialect-sample.testing.ts'

export const chatRequest: SampleRequest = {
	body: { model: sampleModel, messages: [{ role: 'user', content: 'Hello.' }] },
}
export const textCompletionRequest: SampleRequest = {
	body: { model: sampleModel, prompt: 'Once' },
	optional: ['prompt'],
}
export const embeddingsRequest: SampleRequest = { body: { model: sampleModel, input: 'Hello.' } }

/** The routes that OpenAI, Albert API and OpenGateLLM share. */
export const commonRequests: Readonly<Record<string, SampleRequest>> = {
	'POST /chat/completions': chatRequest,
	'POST /completions': textCompletionRequest,
	'POST /embeddings': embeddingsRequest,
	'GET /models': {},
	'GET /models/{id}': { parameters: [sampleModel] },
}
