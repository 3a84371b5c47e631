// Unary calls, whose answer is one value: embeddings, rankings, transcriptions, tokens, counts.

import { isEstimated, type Usage } from '../chat/usage.ts'
import type {
	CountCall,
	DetokenizeCall,
	EmbeddingCall,
	RerankCall,
	TokenizeCall,
	TranscribeCall,
} from '../dialects/call.ts'
import type { ResponseContext } from '../dialects/writer.ts'
import type { Engine, EngineCall } from '../engines/engine.ts'
import type { Admitted } from './admit.ts'
import { type Answer, headersOf, responseContextOf } from './answer.ts'
import type { AnswerRecorder } from './answer-recorder.ts'
import { embeddingValues } from './call-bounds.ts'
import { callerOf } from './caller-path.ts'
import { countInputs, countPrompt, type Input } from './count.ts'
import { dispatch } from './dispatch.ts'
import { writeJsonInSteps } from './json-answer.ts'
import type { Serving } from './serving.ts'
import { unsupportedOperation } from './supported-operations.ts'

export type UnaryOperationCall = EmbeddingCall | RerankCall | TranscribeCall | TokenizeCall | DetokenizeCall | CountCall

/** A result with its writer, and with its usage if the call is billed. */
interface WritableResult {
	/** @param usage what is billed. */
	readonly write: (identity: ResponseContext, usage: Usage | undefined) => unknown
	readonly usage?: Usage
	/** Counts the prompt's tokens if the upstream reports no usage. */
	readonly countPrompt?: () => Promise<number>
}

/** @throws ChatError if no upstream answered. */
export async function answerUnaryOperation(
	admitted: Admitted<UnaryOperationCall>,
	recorder: AnswerRecorder,
	serving: Serving,
): Promise<Answer> {
	const { call, model, received, target, key, turns } = admitted
	const send = (engine: Engine, engineCall: EngineCall) =>
		call.type === 'count'
			? count({ ...admitted, call }, engine, engineCall, serving)
			: perform(call, engine, engineCall, (inputs) => countInputs(model, inputs, serving, callerOf(key)))
	const { result, upstream, lease, dropped } = await dispatch(
		admitted,
		{ signal: received.signal, unary: true, send },
		serving,
	)
	recorder.begin({ upstream, lease, dropped })
	const usage = await billedUsage(result, recorder)
	await recorder.settle()
	const write = () => result.write(responseContextOf(admitted, serving), usage)
	return {
		type: 'json',
		status: target.route.status ?? 200,
		headers: headersOf(admitted, dropped),
		body: isLong(admitted) ? await turns.run(writeJsonInSteps(write)) : write(),
	}
}

/** Vectors of this many values together are written in steps. */
const manyValues = 16_384

function isLong({ call, turns }: Admitted<UnaryOperationCall>): boolean {
	return turns.isLong || (call.type === 'embed' && embeddingValues(call.request) >= manyValues)
}

async function billedUsage(
	{ usage: reported, countPrompt }: WritableResult,
	recorder: AnswerRecorder,
): Promise<Usage | undefined> {
	if (reported === undefined) return undefined
	const usage = recorder.observeUsage(reported)
	if (!isEstimated(usage) || countPrompt === undefined) return usage
	// The ticket must be settled even if counting fails.
	return recorder.observeUsage({ ...usage, promptTokens: await countPrompt().catch(() => 0) })
}

function perform(
	call: Exclude<UnaryOperationCall, CountCall>,
	engine: Engine,
	engineCall: EngineCall,
	counted: (inputs: readonly Input[]) => Promise<number>,
): Promise<WritableResult> {
	switch (call.type) {
		case 'embed':
			return billed(engine.embed(call.request, engineCall), call, () => counted(call.request.inputs))
		case 'rerank': {
			const { query, documents } = call.request
			return billed(engine.rerank?.(call.request, engineCall) ?? unable(call), call, () =>
				counted([query, ...documents]),
			)
		}
		case 'transcribe':
			return billed(engine.transcribe?.(call.request, engineCall) ?? unable(call), call)
		case 'tokenize':
			return free(engine.tokenize?.(call.request, engineCall) ?? unable(call), call)
		case 'detokenize':
			return free(engine.detokenize?.(call.request, engineCall) ?? unable(call), call)
	}
}

async function count(
	{ call, model, key }: Admitted<CountCall>,
	engine: Engine,
	engineCall: EngineCall,
	serving: Serving,
): Promise<WritableResult> {
	const tokens = await (engine.count?.(call.request, engineCall) ??
		countPrompt(model, call.request, serving, callerOf(key)))
	return { write: () => call.write(tokens) }
}

interface Writing<Result> {
	readonly write: (result: Result, identity: ResponseContext) => unknown
}

async function billed<Result extends { readonly usage: Usage }>(
	answering: Promise<Result>,
	{ write }: Writing<Result>,
	countPrompt?: () => Promise<number>,
): Promise<WritableResult> {
	const result = await answering
	return {
		write: (identity, usage = result.usage) => write({ ...result, usage }, identity),
		usage: result.usage,
		countPrompt,
	}
}

async function free<Result>(answering: Promise<Result>, { write }: Writing<Result>): Promise<WritableResult> {
	const result = await answering
	return { write: (identity) => write(result, identity) }
}

function unable({ type }: RerankCall | TranscribeCall | TokenizeCall | DetokenizeCall): Promise<never> {
	return Promise.reject(unsupportedOperation(type === 'detokenize' ? 'tokenize' : type, false))
}
