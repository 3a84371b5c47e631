// Counts tokens if the upstream reports no usage: with the upstream's count endpoint if it has one, or else with the
// model's tokenizer.

import type { PartialChoice } from '../chat/completion-fold.ts'
import type { AssistantPart } from '../chat/message.ts'
import { reasoningOf } from '../chat/parts.ts'
import type { ChatRequest } from '../chat/request.ts'
import { countedUsage, isPossibleCount, type Usage } from '../chat/usage.ts'
import type { TextCompletionRequest } from '../operations/text-completions.ts'
import { type Model, upstreamNameOf } from '../routing/model.ts'
import type { SharePath } from '../system/fair-queue.ts'
import type { Admitted } from './admit.ts'
import { callerOf } from './caller-path.ts'
import type { Upstream } from './deployment.ts'
import type { StreamedCall } from './plan.ts'
import type { Serving } from './serving.ts'

/** Timeout of an upstream's count before the tokens are counted here, in milliseconds. */
const countTimeoutMs = 2000

export function countPrompt(
	{ tokenizer }: Model,
	{ messages, tools }: ChatRequest,
	{ tokens }: Pick<Serving, 'tokens'>,
	caller: SharePath,
): Promise<number> {
	return tokens.countMessages(tokenizer, messages, tools, caller)
}

/** A text, or the ids of its tokens. */
export type Input = string | readonly number[]

export async function countInputs(
	{ tokenizer }: Model,
	inputs: readonly Input[],
	{ tokens }: Pick<Serving, 'tokens'>,
	caller: SharePath,
): Promise<number> {
	const texts = inputs.filter((input) => typeof input === 'string')
	const ids = inputs.reduce<number>((sum, input) => sum + (typeof input === 'string' ? 0 : input.length), 0)
	return ids + (await tokens.countTexts(tokenizer, texts, caller))
}

export interface CountedAnswer {
	readonly upstream: Upstream
	readonly choices: readonly PartialChoice[]
	/** Of the text of the answer, to the text of `choices`; 1 unless that is a sample. */
	readonly sampleRatio: number
	/** Number of deltas. */
	readonly outputs: number
}

export async function countUsage(
	{ call, model, received, key }: Admitted<StreamedCall>,
	{ upstream, choices, sampleRatio, outputs }: CountedAnswer,
	serving: Serving,
): Promise<Usage> {
	const caller = callerOf(key)
	const texts = choices.flatMap(({ parts }) => parts.flatMap(textsOf))
	const prompt = async () => {
		if (call.type === 'complete') return serving.tokens.countTexts(model.tokenizer, [promptOf(call.request)], caller)
		if (upstream.engine.count === undefined) return countPrompt(model, call.request, serving, caller)
		return askUpstream(upstream, call.request, model, received.id).catch((thrown: unknown) => {
			serving.log.warn(
				{ err: thrown, upstream: upstream.name },
				'the upstream failed to count tokens; the prompt was counted with the tokenizer',
			)
			return countPrompt(model, call.request, serving, caller)
		})
	}
	const [promptTokens, completionTokens, reasoningTokens] = await Promise.all([
		prompt(),
		upstream.engine.streamsSingleTokens === true && outputs > 0
			? outputs
			: extrapolated(serving.tokens.countTexts(model.tokenizer, texts, caller), sampleRatio),
		extrapolated(
			serving.tokens.countTexts(
				model.tokenizer,
				choices.map(({ parts }) => reasoningOf(parts)),
				caller,
			),
			sampleRatio,
		),
	])
	return {
		...countedUsage(completionTokens, promptTokens),
		reasoningTokens: Math.min(reasoningTokens, completionTokens),
	}
}

async function extrapolated(counting: Promise<number>, ratio: number): Promise<number> {
	return Math.round((await counting) * ratio)
}

/** What the model wrote for a part. */
function textsOf(part: AssistantPart): readonly string[] {
	switch (part.type) {
		case 'text':
		case 'reasoning':
		case 'refusal':
			return [part.text]
		case 'tool-call':
			return [part.name, part.arguments]
		case 'image':
		case 'audio':
		case 'provider-item':
			return []
		default:
			return part satisfies never
	}
}

async function askUpstream(upstream: Upstream, request: ChatRequest, model: Model, requestId: string): Promise<number> {
	const { count } = upstream.engine
	if (count === undefined) throw new Error('this engine does not count tokens')
	const tokens = await count.call(upstream.engine, request, {
		signal: AbortSignal.timeout(countTimeoutMs),
		model: upstreamNameOf(upstream.model, model),
		requestId,
	})
	if (!isPossibleCount(tokens)) throw new Error(`${tokens} tokens cannot be right`)
	return tokens
}

function promptOf({ prompts }: TextCompletionRequest): string {
	return prompts.map(String).join('')
}
