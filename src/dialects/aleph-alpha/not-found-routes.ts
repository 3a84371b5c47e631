// Operations of this API that no upstream's wire format supports: inspection of a model, and models for one task.

import { ChatError } from '../../chat/error.ts'
import type { Route } from '../dialect.ts'

export const missing: readonly Route[] = [
	unable('POST', '/complete/json', 'forced JSON: use /chat/completions with a response_format'),
	unable('POST', '/embed', 'embeddings of single layers'),
	unable('POST', '/evaluate', 'evaluation'),
	unable('POST', '/explain', 'explanations'),
	unable('POST', '/steering_concepts', 'creation of steering concepts: use those of an upstream that has them'),
	unable('POST', '/translate', 'translation: use /chat/completions'),
	unable('POST', '/transcribe', 'transcription in this format'),
	unable('GET', '/models/{name}/tokenizer', "a model's vocabulary as a file: use /tokenize"),
]

function unable(method: Route['method'], path: string, what: string): Route {
	return {
		method,
		path,
		read() {
			throw new ChatError('unsupported', `This server does not support ${what}.`)
		},
	}
}
