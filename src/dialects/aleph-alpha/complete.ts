// POST /complete: completes a prompt. Its stream has events of three types, and no end mark.

import { z } from 'zod'
import type { Choice } from '../../chat/completion.ts'
import { ChatError } from '../../chat/error.ts'
import type { ChatEvent, FinishReason, TokenLogprob } from '../../chat/event.ts'
import { textOf } from '../../chat/parts.ts'
import type { EveryField, Sampling } from '../../chat/request.ts'
import type { TextCompletionRequest } from '../../operations/text-completions.ts'
import { arrayOf } from '../../wire/json/bounded-array.ts'
import { schemaError } from '../../wire/openai/schema-error.ts'
import type { TextCompletionCall } from '../call.ts'
import type { Route } from '../dialect.ts'
import type { AnswerWriter, ResponseContext, StreamWriter } from '../writer.ts'
import { writeErrorBody } from './error-writer.ts'
import { priorityOf } from './priority.ts'
import { promptSchema, readPrompt, unsupportedPromptParts } from './prompt.ts'

const amount = z.number().nullish()

const schema = z.looseObject({
	model: z.string().min(1),
	prompt: promptSchema,
	maximum_tokens: z.int().min(0).nullish(),
	temperature: z.number().min(0).nullish(),
	top_k: z.int().min(0).nullish(),
	top_p: z.number().min(0).max(1).nullish(),
	presence_penalty: amount,
	frequency_penalty: amount,
	n: z.int().min(1).max(128).nullish(),
	best_of: z.int().min(1).max(100).nullish(),
	echo: z.boolean().nullish(),
	log_probs: z.int().min(0).max(20).nullish(),
	logit_bias: z.record(z.string(), z.number()).nullish(),
	stop_sequences: arrayOf(z.string()).nullish(),
	tokens: z.boolean().nullish(),
	raw_completion: z.boolean().nullish(),
	stream: z.boolean().nullish(),
})

type CompletionBody = z.infer<typeof schema>

/** Default of `maximum_tokens`. Their own default is the context, which includes the prompt. */
const defaultMaxTokens = 1024

/** Values that leave an unsupported field unused. */
const unusedValues: readonly unknown[] = [null, false, 0, '', 'null']
/** Options for how penalties are counted; they have no effect without a penalty. */
const penaltyOptions =
	/^(repetition_penalties_include_|use_multiplicative_|penalty_exceptions_include_|control_log_additive$)/

export const complete: Route = {
	method: 'POST',
	path: '/complete',
	bodySchema: schema,
	read({ body, query }): TextCompletionCall {
		const parsed = schema.safeParse(body)
		if (!parsed.success) throw schemaError(parsed.error, body)
		const sent = parsed.data
		return {
			type: 'complete',
			request: readRequest(sent),
			stream: sent.stream ?? false,
			writer: completeWriter(sent),
			dropped: [
				...Object.keys(sent).filter((name) => isMeaningless(name, sent[name])),
				...unsupportedPromptParts(sent.prompt, 'prompt'),
			],
			...priorityOf(query()),
		}
	},
}

function isMeaningless(name: string, value: unknown): boolean {
	if (Object.hasOwn(schema.shape, name) || penaltyOptions.test(name) || unusedValues.includes(value ?? null))
		return false
	if (name === 'sequence_penalty_min_length' || name === 'disable_optimizations') return false
	return !(Array.isArray(value) && value.length === 0)
}

function readRequest(sent: CompletionBody): TextCompletionRequest {
	const { n, best_of: best, top_k: topK, top_p: topP, log_probs: logprobs, logit_bias: biases } = sent
	if (best != null && best > (n ?? 1))
		throw new ChatError('unsupported', "'best_of' greater than 'n' is not supported.", { param: 'best_of' })
	return {
		model: sent.model,
		prompts: [readPrompt(sent.prompt)],
		maxTokens: sent.maximum_tokens ?? defaultMaxTokens,
		sampling: {
			temperature: sent.temperature ?? 0,
			// 0 means unset.
			topK: topK || undefined,
			topP: topP || undefined,
			minP: undefined,
			repetitionPenalty: undefined,
			seed: undefined,
			presencePenalty: sent.presence_penalty ?? undefined,
			frequencyPenalty: sent.frequency_penalty ?? undefined,
			logitBias:
				biases == null ? undefined : new Map(Object.entries(biases).map(([token, bias]) => [Number(token), bias])),
		} satisfies EveryField<Sampling>,
		stop: (sent.stop_sequences ?? []).filter((text) => text !== ''),
		choices: n ?? 1,
		echo: sent.echo ?? false,
		logprobs: logprobs != null || sent.tokens === true ? { top: logprobs ?? 0 } : undefined,
		passthrough: {},
	}
}

function completeWriter(sent: CompletionBody): AnswerWriter {
	return {
		completion: ({ choices, usage }, { model }) => ({
			completions: choices.map((choice) => writeChoice(choice, sent)),
			model_version: model,
			num_tokens_prompt_total: usage.promptTokens,
			num_tokens_generated: usage.completionTokens,
		}),
		stream: (identity) => completeStream(identity, sent),
	}
}

function writeChoice({ parts, finishReason, stopText, logprobs }: Choice, sent: CompletionBody) {
	return { ...writeText(textOf(parts), logprobs, sent), finish_reason: writeReason(finishReason, stopText, sent) }
}

function writeText(completion: string, logprobs: readonly TokenLogprob[] | undefined, sent: CompletionBody) {
	return {
		completion,
		raw_completion: sent.raw_completion === true ? completion : undefined,
		log_probs: sent.log_probs == null ? undefined : logprobs?.map(writeAlternatives),
		completion_tokens: sent.tokens === true ? logprobs?.map(({ token }) => token) : undefined,
	}
}

function writeAlternatives({ token, logprob, top }: TokenLogprob) {
	return Object.fromEntries([[token, logprob], ...top.map((one) => [one.token, one.logprob])])
}

function completeStream({ model }: ResponseContext, sent: CompletionBody): StreamWriter {
	const event = (value: object) => `data: ${JSON.stringify(value)}\n\n`
	return {
		write(received: ChatEvent): string {
			switch (received.type) {
				case 'part-delta':
					if (received.part !== 'text') return ''
					return event({
						type: 'stream_chunk',
						index: received.choice,
						...writeText(received.text, received.logprobs, sent),
					})
				case 'choice-finish':
					return event({
						type: 'stream_summary',
						index: received.choice,
						model_version: model,
						finish_reason: writeReason(received.reason, received.stopText, sent),
					})
				case 'finish':
					return event({
						type: 'completion_summary',
						num_tokens_prompt_total: received.usage.promptTokens,
						num_tokens_generated: received.usage.completionTokens,
					})
				case 'error':
					return event(writeErrorBody(received.error))
				case 'start':
				case 'part-start':
				case 'part-end':
				case 'rest':
					return ''
				default:
					return received satisfies never
			}
		},
	}
}

/** A stop sequence is only reported if the upstream reports which one, and if the request has it. */
function writeReason(
	reason: FinishReason,
	stopText: string | undefined,
	{ stop_sequences: stops }: CompletionBody,
): string {
	if (reason === 'length') return 'maximum_tokens'
	if (reason === 'content-filter') return 'content_filter'
	return stopText !== undefined && stops?.includes(stopText) === true ? 'stop_sequence_reached' : 'end_of_text'
}
