// Operations of this API that no upstream's wire has: looking into a model, or models for one task.

import { ChatError } from '../../chat/error.ts'
import type { Route } from '../dialect.ts'

export const missing: readonly Route[] = [
	unable('POST', '/complete/json', 'forced JSON: ask /chat/completions with a response_format'),
	unable('POST', '/embed', 'embeddings of single layers'),
	unable('POST', '/evaluate', 'evaluation'),
	unable('POST', '/explain', 'explanations'),
	unable('POST', '/steering_concepts', 'steering concepts to be made here: name those of an upstream that has them'),
	unable('POST', '/translate', 'translation: ask /chat/completions'),
	unable('POST', '/transcribe', 'transcription in this form'),
	unable('GET', '/models/{name}/tokenizer', "a model's vocabulary as a file: ask /tokenize"),
]

function unable(method: Route['method'], path: string, what: string): Route {
	return {
		method,
		path,
		read() {
			throw new ChatError('unsupported', `No model of this server offers ${what}.`)
		},
	}
}
