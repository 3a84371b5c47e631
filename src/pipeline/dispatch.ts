// Dispatches one call to an upstream of the model's route. The caller supplies what is sent.

import type { ModelCall } from '../dialects/call.ts'
import type { Engine, EngineCall, Operation } from '../engines/engine.ts'
import { affinityKey } from '../routing/affinity-key.ts'
import type { Admitted } from './admit.ts'
import { callerOf } from './caller-path.ts'
import { mayReceive } from './candidates.ts'
import { type FailOverResult, failOver } from './fail-over.ts'
import type { Serving } from './serving.ts'
import { checkModelOperation } from './supported-operations.ts'

export interface Dispatch<Result> {
	readonly signal: AbortSignal
	/** The answer is not read before it is complete. */
	readonly unary: boolean
	/** Resolves when the upstream began to answer. `maxTokens` replaces the request's, and is smaller. */
	readonly send: (engine: Engine, call: EngineCall, maxTokens?: number) => Promise<Result>
}

/** @throws ChatError if no upstream began to answer. */
export function dispatch<Result>(
	{ call, key, model, received, observer, deployment, ticket, turn, turns, token }: Admitted,
	{ signal, unary, send }: Dispatch<Result>,
	serving: Serving,
): Promise<FailOverResult<Result>> {
	const operation = operationOf[call.type]
	const caller = callerOf(key)
	checkModelOperation(model, operation)
	return failOver(
		{
			route: deployment.routeOf(model),
			mayReceive: (upstream) => mayReceive(upstream, call),
			model,
			deployment,
			hint: {
				caller,
				affinity: () => turn?.conversation ?? (call.type === 'chat' ? affinityKey(call.request) : received.id),
			},
			priority: ('priority' in call ? call.priority : undefined) ?? 'normal',
			caller,
			operation,
			call: { signal, unary, requestId: received.id, turns },
			observer,
			waits: (position) => serving.waitingCalls.begin(token, position),
			sending: (upstream) => ticket?.progress({ completionTokens: 0, upstream }),
			send,
		},
		serving,
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
