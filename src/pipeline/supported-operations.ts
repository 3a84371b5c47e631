// Operations that models and upstreams support, and the errors for those that they do not.

import { ChatError } from '../chat/error.ts'
import type { Operation } from '../engines/engine.ts'
import type { Model, ModelType } from '../routing/model.ts'
import type { Upstream } from './deployment.ts'

/** The operations of models of these types. For other types the upstreams report the operations. */
const purposes: Readonly<Partial<Record<ModelType, readonly Operation[]>>> = {
	'text-embeddings-inference': ['embed', 'tokenize'],
	'text-classification': ['rerank', 'tokenize'],
	'automatic-speech-recognition': ['transcribe'],
}

/** @throws ChatError `wrong-operation` if models of this type do not support it. */
export function checkModelOperation({ type }: Model, operation: Operation): void {
	if (purposes[type]?.includes(operation) === false) throw unsupportedOperation(operation, false)
}

/** @throws ChatError `wrong-operation` if the upstream reports that it does not support it. */
export function checkUpstreamOperation({ engine }: Upstream, operation: Operation): void {
	const { operations } = engine.state()
	if (operations.length === 0 || operations.includes(operation)) return
	throw unsupportedOperation(operation, operations.includes('chat'))
}

export function unsupportedOperation(operation: Operation, isChatModel: boolean): ChatError {
	return new ChatError('wrong-operation', messages[operation](isChatModel), { param: 'model' })
}

/** The messages of `complete` and `chat` are OpenAI's. */
const messages: Readonly<Record<Operation, (isChatModel: boolean) => string>> = {
	complete: () =>
		'This is a chat model and not supported in the v1/completions endpoint. Did you mean to use v1/chat/completions?',
	chat: () =>
		'This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did you mean to use v1/completions?',
	embed: (isChatModel) =>
		`This is ${isChatModel ? 'a chat' : 'not an embedding'} model and not supported in the v1/embeddings endpoint.`,
	rerank: () => 'This model does not support reranking.',
	transcribe: () => 'This model does not support speech transcription.',
	tokenize: () => 'The upstream of this model does not support tokenization.',
}
