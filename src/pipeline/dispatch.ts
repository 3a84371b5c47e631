// Dispatches one call to an upstream of the model's route. The caller supplies the operation.

import { ChatError } from '../chat/error.ts'
import type { EngineCall, Operation } from '../engines/engine.ts'
import { affinityKey } from '../routing/affinity-key.ts'
import type { Model, ModelType } from '../routing/model.ts'
import type { Admitted } from './admit.ts'
import { type FailOverResult, failOver } from './fail-over.ts'
import type { Parts, Upstream } from './parts.ts'
import type { ModelCall } from './plan.ts'

/**
 * @param how `whole`: the answer is not read before it is complete.
 * @throws ChatError if no upstream began to answer.
 */
export function dispatch<Result>(
	{ call, model, received, observer, deployment, turn }: Admitted,
	{ signal, whole }: { readonly signal: AbortSignal; readonly whole: boolean },
	parts: Parts,
	send: (upstream: Upstream, its: EngineCall) => Promise<Result>,
): Promise<FailOverResult<Result>> {
	const operation = operationOf[call.type]
	expectType(model, operation)
	return failOver(
		{
			route: deployment.routeOf(model),
			hint: {
				affinity: () => turn?.conversation ?? (call.type === 'chat' ? affinityKey(call.request) : received.id),
			},
			signal,
			observer,
			priority: ('priority' in call ? call.priority : undefined) ?? 'normal',
			dispatch(place, headers, drop) {
				const upstream = deployment.upstreamAt(place)
				expectOperation(upstream, operation)
				return send(upstream, {
					signal,
					model: upstream.model ?? model.name,
					requestId: received.id,
					whole,
					headers,
					drop,
				})
			},
		},
		parts,
	)
}

const operationOf: Readonly<Record<ModelCall['type'], Operation>> = {
	chat: 'chat',
	complete: 'complete',
	embed: 'embed',
	rerank: 'rerank',
	transcribe: 'transcribe',
	tokenize: 'tokenize',
	detokenize: 'tokenize',
	count: 'chat',
}

/** The operations of models of these types. For other types the upstreams report the operations. */
const purposes: Readonly<Partial<Record<ModelType, readonly Operation[]>>> = {
	'text-embeddings-inference': ['embed', 'tokenize'],
	'text-classification': ['rerank', 'tokenize'],
	'automatic-speech-recognition': ['transcribe'],
}

function expectType({ type }: Model, operation: Operation): void {
	if (purposes[type]?.includes(operation) === false) throw unsupportedOperation(operation, false)
}

/** Rejects an operation that the upstream does not support. */
function expectOperation(upstream: Upstream, operation: Operation): void {
	const { operations } = upstream.engine.state()
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
