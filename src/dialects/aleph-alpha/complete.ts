// POST /complete: a prompt goes on. Its stream has events of three types, and no end mark.

import { z } from 'zod'
import type { Choice } from '../../chat/completion.ts'
import { ChatError } from '../../chat/error.ts'
import type { ChatEvent, FinishReason, TokenLogprob } from '../../chat/event.ts'
import type { TextCompletionRequest } from '../../operations/text-completions.ts'
import { schemaError } from '../../wire/openai/schema-error.ts'
import type { AnswerIdentity, AnswerWriter, Route, StreamWriter } from '../dialect.ts'
import { writeErrorBody } from './error-writer.ts'
import { priorityOf } from './priority.ts'
import { promptSchema, readPrompt } from './prompt.ts'

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
	stop_sequences: z.array(z.string()).nullish(),
	tokens: z.boolean().nullish(),
	raw_completion: z.boolean().nullish(),
	stream: z.boolean().nullish(),
})

type Sent = z.infer<typeof schema>

/** Where no bound is given: their own bound is the context, which a prompt shares. */
const defaultMaxTokens = 1024

/** What clients send where they want nothing of a field that means nothing here. */
const nothing: readonly unknown[] = [null, false, 0, '', 'null']
/** Whole words of how penalties are counted; they change nothing where there is no penalty. */
const ways = /^(repetition_penalties_include_|use_multiplicative_|penalty_exceptions_include_|control_log_additive$)/

export const complete: Route = {
	method: 'POST',
	path: '/complete',
	read({ body, query }) {
		const parsed = schema.safeParse(body)
		if (!parsed.success) throw schemaError(parsed.error, body)
		const sent = parsed.data
		return {
			type: 'complete',
			request: readRequest(sent),
			stream: sent.stream ?? false,
			writer: completeWriter(sent),
			dropped: Object.keys(sent).filter((name) => isMeaningless(name, sent[name])),
			...priorityOf(query()),
		}
	},
}

function isMeaningless(name: string, value: unknown): boolean {
	if (Object.hasOwn(schema.shape, name) || ways.test(name) || nothing.includes(value ?? null)) return false
	if (name === 'sequence_penalty_min_length' || name === 'disable_optimizations') return false
	return !(Array.isArray(value) && value.length === 0)
}

function readRequest(sent: Sent): TextCompletionRequest {
	const { n, best_of: best, top_k: topK, top_p: topP, log_probs: logprobs, logit_bias: biases } = sent
	if (best != null && best > (n ?? 1))
		throw new ChatError('unsupported', "'best_of' above 'n' is not supported.", { param: 'best_of' })
	return {
		model: sent.model,
		prompts: [readPrompt(sent.prompt)],
		maxTokens: sent.maximum_tokens ?? defaultMaxTokens,
		sampling: {
			temperature: sent.temperature ?? 0,
			...(topK == null || topK === 0 ? {} : { topK }),
			...(topP == null || topP === 0 ? {} : { topP }),
			...(sent.presence_penalty == null ? {} : { presencePenalty: sent.presence_penalty }),
			...(sent.frequency_penalty == null ? {} : { frequencyPenalty: sent.frequency_penalty }),
			...(biases == null
				? {}
				: { logitBias: new Map(Object.entries(biases).map(([token, bias]) => [Number(token), bias])) }),
		},
		stop: (sent.stop_sequences ?? []).filter((text) => text !== ''),
		choices: n ?? 1,
		echo: sent.echo ?? false,
		...(logprobs != null || sent.tokens === true ? { logprobs: { top: logprobs ?? 0 } } : {}),
		passthrough: {},
	}
}

function completeWriter(sent: Sent): AnswerWriter {
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

function writeChoice({ text, finishReason, stopText, logprobs }: Choice, sent: Sent) {
	return { ...writeText(text, logprobs, sent), finish_reason: writeReason(finishReason, stopText, sent) }
}

function writeText(completion: string, logprobs: readonly TokenLogprob[] | undefined, sent: Sent) {
	return {
		completion,
		...(sent.raw_completion === true ? { raw_completion: completion } : {}),
		...(sent.log_probs == null || logprobs === undefined ? {} : { log_probs: logprobs.map(writeAlternatives) }),
		...(sent.tokens === true && logprobs !== undefined
			? { completion_tokens: logprobs.map(({ token }) => token) }
			: {}),
	}
}

function writeAlternatives({ token, logprob, top }: TokenLogprob) {
	return Object.fromEntries([[token, logprob], ...top.map((one) => [one.token, one.logprob])])
}

function completeStream({ model }: AnswerIdentity, sent: Sent): StreamWriter {
	const event = (value: object) => `data: ${JSON.stringify(value)}\n\n`
	return {
		write(happened: ChatEvent): string {
			switch (happened.type) {
				case 'text':
					return event({
						type: 'stream_chunk',
						index: happened.choice,
						...writeText(happened.text, happened.logprobs, sent),
					})
				case 'choice-finish':
					return event({
						type: 'stream_summary',
						index: happened.choice,
						model_version: model,
						finish_reason: writeReason(happened.reason, happened.stopText, sent),
					})
				case 'finish':
					return event({
						type: 'completion_summary',
						num_tokens_prompt_total: happened.usage.promptTokens,
						num_tokens_generated: happened.usage.completionTokens,
					})
				case 'error':
					return event(writeErrorBody(happened.error))
				case 'start':
				case 'reasoning':
				case 'refusal':
				case 'tool-call':
				case 'tool-arguments':
					return ''
			}
		},
	}
}

/** A stop sequence is told where the upstream says which; where none was given it can be none. */
function writeReason(reason: FinishReason, stopText: string | undefined, { stop_sequences: stops }: Sent): string {
	if (reason === 'length') return 'maximum_tokens'
	if (reason === 'content-filter') return 'content_filter'
	return stopText !== undefined && stops?.includes(stopText) === true ? 'stop_sequence_reached' : 'end_of_text'
}
