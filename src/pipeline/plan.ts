// Finds the model of a call, by name or alias.

import type { ChatCall, ModelCall, TextCompletionCall } from '../dialects/call.ts'
import type { Call } from '../dialects/dialect.ts'
import type { LocalOperation } from '../dialects/local-operation.ts'
import type { Model } from '../routing/model.ts'
import type { Deployment } from './deployment.ts'
import type { ParsedRequest } from './parse-request.ts'

/** Calls whose answer is a stream of events. */
export type StreamedCall = ChatCall | TextCompletionCall

type About<Requested extends Call> = Omit<ParsedRequest, 'call'> & {
	readonly call: Requested
	/** The configuration at the time of the request. */
	readonly deployment: Deployment
}

export type Planned<Requested extends ModelCall = ModelCall> = About<Requested> & {
	readonly type: 'model'
	readonly model: Model
}

export type PlannedLocal = About<LocalOperation> & { readonly type: 'local' }

/** @throws ChatError `model-not-found`. */
export function plan(
	{ received, observer, key, target, call, turns }: ParsedRequest,
	deployment: Deployment,
): Planned | PlannedLocal {
	if (!isModelCall(call)) return { type: 'local', received, observer, key, target, call, turns, deployment }
	const model = deployment.models.find(call.request.model)
	observer.observe({ type: 'planned', model: model.name })
	return { type: 'model', received, observer, key, target, call, turns, model, deployment }
}

const modelCalls = {
	chat: true,
	complete: true,
	embed: true,
	rerank: true,
	transcribe: true,
	tokenize: true,
	detokenize: true,
	count: true,
} as const satisfies Record<ModelCall['type'], true>

function isModelCall(call: Call): call is ModelCall {
	return Object.hasOwn(modelCalls, call.type)
}
