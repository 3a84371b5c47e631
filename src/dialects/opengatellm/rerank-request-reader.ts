// Reads a rerank request in the format of Cohere, Jina and vLLM, and in OpenGateLLM's earlier format. The format of the
// request determines that of the response.

import { z } from 'zod'
import { ChatError } from '../../chat/error.ts'
import { isObject } from '../../chat/json.ts'
import type { RerankRequest } from '../../operations/reranking.ts'
import { arrayOf } from '../../wire/json/bounded-array.ts'
import { schemaError } from '../../wire/openai/schema-error.ts'

const maxDocuments = 2048
const model = z.string().min(1)
const text = z.string().min(1)
const texts = arrayOf(text).min(1).max(maxDocuments)

const today = z.looseObject({ model, query: text, documents: texts, top_n: z.int().min(1).nullish() })
const before = z.looseObject({ model, prompt: text, input: texts })
/** Either format. */
export const rerankSchema = z.union([today, before])

export interface ReadRerankRequest {
	readonly request: RerankRequest
	/** Requested with `prompt` and `input`. */
	readonly older: boolean
}

/** @throws ChatError `invalid-request`, also for a mixture of both formats. */
export function readRerankRequest(body: unknown): ReadRerankRequest {
	const older = isObject(body) && ('prompt' in body || 'input' in body)
	if (older && ('query' in body || 'documents' in body))
		throw new ChatError(
			'invalid-request',
			"Provide either 'query' and 'documents', or 'prompt' and 'input', not both.",
			{ param: 'query', code: 'invalid_value' },
		)
	if (older) {
		const { model: name, prompt, input } = read(before, body)
		return { request: { model: name, query: prompt, documents: input }, older }
	}
	const { model: name, query, documents, top_n: top } = read(today, body)
	return { request: { model: name, query, documents, top: top ?? undefined }, older }
}

function read<Fields>(schema: z.ZodType<Fields>, body: unknown): Fields {
	const parsed = schema.safeParse(body)
	if (!parsed.success) throw schemaError(parsed.error, body)
	return parsed.data
}
