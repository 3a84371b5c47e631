// Unary calls, whose answer is one value: embeddings, rankings, transcriptions, tokens, counts.

import type { Usage } from '../chat/usage.ts'
import type {
	CountCall,
	DetokenizeCall,
	EmbeddingCall,
	RerankCall,
	ResponseContext,
	TokenizeCall,
	TranscribeCall,
} from '../dialects/dialect.ts'
import type { Engine, EngineCall } from '../engines/engine.ts'
import type { Admitted } from './admit.ts'
import type { Answer } from './answer.ts'
import { headersOf, identify, settleFailure } from './begin.ts'
import { countInputs, countPrompt, type Input } from './count.ts'
import { dispatch, unsupportedOperation } from './dispatch.ts'
import type { FailOverResult } from './fail-over.ts'
import { isEstimated } from './open-answer.ts'
import type { Parts } from './parts.ts'

export type UnaryOperationCall = EmbeddingCall | RerankCall | TranscribeCall | TokenizeCall | DetokenizeCall | CountCall

/** A result with its writer, and with its usage if the call is billed. */
interface WritableResult {
	readonly write: (identity: ResponseContext) => unknown
	readonly usage?: Usage
}

/** @throws ChatError if no upstream answered. */
export async function answerUnaryOperation(admitted: Admitted<UnaryOperationCall>, parts: Parts): Promise<Answer> {
	const { observer, ticket, target } = admitted
	const { result, upstream, lease, dropped } = await askOrSettle(admitted, parts)
	lease.end()
	const { usage } = result
	if (usage !== undefined) {
		observer.observe({ type: 'usage', usage })
		await ticket?.settle({
			outcome: 'completed',
			upstream,
			usage,
			settledAtMs: parts.clock.now(),
		})
	}
	return {
		type: 'json',
		status: target.route.status ?? 200,
		headers: headersOf(admitted, dropped),
		body: result.write(identify(admitted, parts)),
	}
}

async function askOrSettle(
	admitted: Admitted<UnaryOperationCall>,
	parts: Parts,
): Promise<FailOverResult<WritableResult>> {
	const { call, received } = admitted
	try {
		return await dispatch(admitted, { signal: received.signal, whole: true }, parts, ({ engine }, its) =>
			call.type === 'count'
				? count({ ...admitted, call }, engine, its, parts)
				: perform(call, engine, its, (inputs) => countInputs(admitted.model, inputs, parts)),
		)
	} catch (thrown) {
		settleFailure(admitted, thrown, parts)
		throw thrown
	}
}

function perform(
	call: Exclude<UnaryOperationCall, CountCall>,
	engine: Engine,
	its: EngineCall,
	counted: (inputs: readonly Input[]) => Promise<number>,
): Promise<WritableResult> {
	switch (call.type) {
		case 'embed':
			return billed(engine.embed(call.request, its), call, () => counted(call.request.inputs))
		case 'rerank': {
			const { query, documents } = call.request
			return billed(engine.rerank?.(call.request, its) ?? unable(call), call, () => counted([query, ...documents]))
		}
		case 'transcribe':
			return billed(engine.transcribe?.(call.request, its) ?? unable(call), call)
		case 'tokenize':
			return free(engine.tokenize?.(call.request, its) ?? unable(call), call)
		case 'detokenize':
			return free(engine.detokenize?.(call.request, its) ?? unable(call), call)
	}
}

async function count(
	{ call, model }: Admitted<CountCall>,
	engine: Engine,
	its: EngineCall,
	parts: Parts,
): Promise<WritableResult> {
	const tokens = await (engine.count?.(call.request, its) ?? countPrompt(model, call.request, parts))
	return { write: () => call.write(tokens) }
}

interface Writing<Result> {
	readonly write: (result: Result, identity: ResponseContext) => unknown
}

/** @param count counts the prompt's tokens if the upstream reports no usage. */
async function billed<Result extends { readonly usage: Usage }>(
	answering: Promise<Result>,
	{ write }: Writing<Result>,
	count: () => Promise<number> = async () => 0,
): Promise<WritableResult> {
	const result = await answering
	const reported = result.usage
	// The ticket must be settled even if counting fails.
	const usage = isEstimated(reported) ? { ...reported, promptTokens: await count().catch(() => 0) } : reported
	return { write: (identity) => write({ ...result, usage }, identity), usage }
}

async function free<Result>(answering: Promise<Result>, { write }: Writing<Result>): Promise<WritableResult> {
	const result = await answering
	return { write: (identity) => write(result, identity) }
}

function unable({ type }: RerankCall | TranscribeCall | TokenizeCall | DetokenizeCall): Promise<never> {
	return Promise.reject(unsupportedOperation(type === 'detokenize' ? 'tokenize' : type, false))
}
