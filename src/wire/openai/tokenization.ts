// POST /tokenize and /detokenize, as in vLLM. OpenAI's own API does not have them.

import { z } from 'zod'
import { ChatError } from '../../chat/error.ts'
import type { JsonObject } from '../../chat/json.ts'
import type { DetokenizeRequest, TokenizeRequest, Tokens } from '../../operations/tokenization.ts'
import { arrayOf } from '../json/bounded-array.ts'
import { field, listField } from '../json/fields.ts'
import { schemaError } from './schema-error.ts'

export const tokenizeSchema = z.looseObject({
	model: z.string().min(1),
	prompt: z.string(),
	add_special_tokens: z.boolean().nullish(),
	return_token_strs: z.boolean().nullish(),
})

export const detokenizeSchema = z.looseObject({ model: z.string().min(1), tokens: arrayOf(z.int().min(0)) })

export interface ReadTokenizeRequest {
	readonly request: TokenizeRequest
	/** Return the text of each token too. */
	readonly texts: boolean
}

/** @throws ChatError `invalid-request`. */
export function readTokenizeRequest(body: unknown): ReadTokenizeRequest {
	const parsed = tokenizeSchema.safeParse(body)
	if (!parsed.success) throw schemaError(parsed.error, body)
	const { model, prompt, add_special_tokens: special, return_token_strs: texts } = parsed.data
	return { request: { model, text: prompt, special: special ?? true }, texts: texts ?? false }
}

/** @throws ChatError `invalid-request`. */
export function readDetokenizeRequest(body: unknown): DetokenizeRequest {
	const parsed = detokenizeSchema.safeParse(body)
	if (!parsed.success) throw schemaError(parsed.error, body)
	return { model: parsed.data.model, ids: parsed.data.tokens }
}

export function writeTokenizeRequest({ text, special }: TokenizeRequest, model: string): JsonObject {
	return { model, prompt: text, add_special_tokens: special, return_token_strs: true }
}

export function writeTokens({ ids, texts: tokenTexts }: Tokens, texts: boolean): object {
	return { count: ids.length, tokens: ids, token_strs: texts ? (tokenTexts ?? null) : null }
}

/** @throws ChatError `upstream-failed` if the response has no tokens. */
export function readTokens(body: unknown, title: string): Tokens {
	const ids = listField(body, 'tokens').filter((id) => typeof id === 'number')
	if (!Array.isArray(field(body, 'tokens'))) throw noTokens(title)
	const texts = listField(body, 'token_strs').filter((text) => typeof text === 'string')
	return { ids, texts: texts.length === ids.length ? texts : undefined }
}

/** @throws ChatError `upstream-failed` if the response has no text. */
export function readText(body: unknown, title: string): string {
	const text = field(body, 'prompt')
	if (typeof text !== 'string') throw noTokens(title)
	return text
}

function noTokens(title: string): ChatError {
	return new ChatError('upstream-failed', `${title} returned an invalid tokenization response.`, { sent: 'yes' })
}
