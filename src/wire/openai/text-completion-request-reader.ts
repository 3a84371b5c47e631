// Reads OpenAI's legacy completions request into the canonical one.

import { z } from 'zod'
import { ChatError } from '../../chat/error.ts'
import type { TextCompletionRequest } from '../../operations/text-completions.ts'
import { arrayOf } from '../json/bounded-array.ts'
import { passthrough, readSampling, readStop } from './chat-request-reader.ts'
import { samplingFields } from './chat-request-schema.ts'
import { readTexts } from './embeddings-request-reader.ts'
import { schemaError } from './schema-error.ts'

const maxPrompts = 2048

export const textCompletionRequestSchema = z.looseObject({
	model: z.string().min(1),
	prompt: z
		.union([
			z.string(),
			arrayOf(z.string()).min(1).max(maxPrompts),
			arrayOf(z.int().min(0)).min(1),
			arrayOf(arrayOf(z.int().min(0)).min(1))
				.min(1)
				.max(maxPrompts),
		])
		.nullish(),
	...samplingFields,
	max_tokens: z.int().min(0).nullish(),
	best_of: z.int().min(0).max(20).nullish(),
	echo: z.boolean().nullish(),
	logprobs: z.int().min(0).max(5).nullish(),
	suffix: z.string().nullish(),
})

type TextCompletionBody = z.infer<typeof textCompletionRequestSchema>

/** OpenAI's default if `max_tokens` is absent. */
const defaultMaxTokens = 16

export interface ReadTextCompletionRequest {
	readonly request: TextCompletionRequest
	readonly stream: boolean
	readonly includeUsage: boolean
}

/** @throws ChatError `invalid-request`, or `unsupported` for `best_of` above `n`. */
export function readTextCompletionRequest(body: unknown): ReadTextCompletionRequest {
	const parsed = textCompletionRequestSchema.safeParse(body)
	if (!parsed.success) throw schemaError(parsed.error, body)
	const fields = parsed.data
	checkRules(fields)
	return {
		request: {
			model: fields.model,
			prompts: readTexts(fields.prompt ?? ''),
			maxTokens: fields.max_tokens ?? defaultMaxTokens,
			sampling: readSampling(fields, body),
			stop: readStop(fields.stop),
			choices: fields.n ?? 1,
			echo: fields.echo ?? false,
			logprobs: fields.logprobs == null ? undefined : { top: fields.logprobs },
			suffix: fields.suffix == null || fields.suffix === '' ? undefined : fields.suffix,
			user: fields.user ?? undefined,
			passthrough: passthrough(fields, body, canonicalFields),
		},
		stream: fields.stream ?? false,
		includeUsage: fields.stream_options?.include_usage ?? false,
	}
}

const canonicalFields: ReadonlySet<string> = new Set(Object.keys(textCompletionRequestSchema.shape))

function checkRules(fields: TextCompletionBody): void {
	if (fields.stream_options != null && fields.stream !== true)
		throw new ChatError(
			'invalid-request',
			"Invalid value for 'stream_options': 'stream_options' is only allowed when 'stream' is enabled.",
			{ param: 'stream_options' },
		)
	const best = fields.best_of ?? 0
	const choices = fields.n ?? 1
	if (best !== 0 && best < choices)
		throw new ChatError(
			'invalid-request',
			`Invalid 'best_of': integer below minimum value. Expected a value >= ${choices} ('n'), but got ${best} instead.`,
			{
				param: 'best_of',
				code: 'integer_below_min_value',
			},
		)
	if (best > choices)
		throw new ChatError('unsupported', "Unsupported value: 'best_of' above 'n' is not supported.", {
			param: 'best_of',
			code: 'unsupported_value',
		})
}
