// Finds the model of a call, by name or alias.

import type {
	Call,
	ChatCall,
	CountCall,
	DetokenizeCall,
	EmbeddingCall,
	RerankCall,
	TextCompletionCall,
	TokenizeCall,
	TranscribeCall,
} from '../dialects/dialect.ts'
import type { Model } from '../routing/model.ts'
import type { ParsedRequest } from './parse-request.ts'
import type { Deployment } from './parts.ts'

/** Calls whose answer is a stream of events. */
export type StreamedCall = ChatCall | TextCompletionCall

/** Calls about a model that an engine runs. */
export type ModelCall =
	| StreamedCall
	| EmbeddingCall
	| RerankCall
	| TranscribeCall
	| TokenizeCall
	| DetokenizeCall
	| CountCall

/** Calls that this server answers without an upstream. */
export type LocalCall = Exclude<Call, ModelCall>

type About<Requested extends Call> = Omit<ParsedRequest, 'call'> & {
	readonly call: Requested
	/** The configuration at the time of the request. */
	readonly deployment: Deployment
}

export type Planned<Requested extends ModelCall = ModelCall> = About<Requested> & {
	readonly type: 'model'
	readonly model: Model
}

export type PlannedLocal = About<LocalCall> & { readonly type: 'own' }

/** @throws ChatError `model-not-found`. */
export function plan(
	{ received, observer, key, target, call }: ParsedRequest,
	deployment: Deployment,
): Planned | PlannedLocal {
	switch (call.type) {
		case 'chat':
		case 'complete':
		case 'embed':
		case 'rerank':
		case 'transcribe':
		case 'tokenize':
		case 'detokenize':
		case 'count': {
			const model = deployment.models.find(call.request.model)
			observer.observe({ type: 'planned', model: model.name })
			return { type: 'model', received, observer, key, target, call, model, deployment }
		}
		case 'list-models':
		case 'show-model':
		case 'stored':
		case 'resume':
		case 'cancel':
		case 'usage':
		case 'entries':
		case 'keys':
		case 'who':
		case 'constant':
			return { type: 'own', received, observer, key, target, call, deployment }
	}
}
