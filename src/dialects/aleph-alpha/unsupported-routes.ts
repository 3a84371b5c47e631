// Operations of this API that no upstream's wire format supports: inspection of a model, and models for one task.

import { ChatError } from '../../chat/error.ts'
import type { Route } from '../dialect.ts'

export const unsupportedRoutes: readonly Route[] = [
	unsupported('POST', '/complete/json', 'forced JSON: use /chat/completions with a response_format'),
	unsupported('POST', '/embed', 'embeddings of single layers'),
	unsupported('POST', '/evaluate', 'evaluation'),
	unsupported('POST', '/explain', 'explanations'),
	unsupported('POST', '/steering_concepts', 'creation of steering concepts: use those of an upstream that has them'),
	unsupported('POST', '/translate', 'translation: use /chat/completions'),
	unsupported('POST', '/transcribe', 'transcription in this format'),
	unsupported('GET', '/models/{name}/tokenizer', "a model's vocabulary as a file: use /tokenize"),
]

function unsupported(method: Route['method'], path: string, what: string): Route {
	return {
		method,
		path,
		read() {
			throw new ChatError('unsupported', `This server does not support ${what}.`)
		},
	}
}
