// Embeddings: OpenAI's form, and the older forms for one text, for many, and for a text with an instruction.

import { z } from 'zod'
import type { Embeddings } from '../../operations/embeddings.ts'
import { arrayOf } from '../../wire/json/bounded-array.ts'
import { schemaError } from '../../wire/openai/schema-error.ts'
import type { EmbeddingCall } from '../call.ts'
import type { Route } from '../dialect.ts'
import { embeddingsRoute } from '../openai-family/embeddings.ts'
import { priorityOf } from './priority.ts'
import { promptSchema, readPrompt, unsupportedPromptParts } from './prompt.ts'

/** The only size to which embeddings can be compressed. */
const compressed = z.literal(128).nullish()

/** Default model: the official client sends none for batches. */
const defaultModel = 'luminous-base'

const semantic = z.looseObject({
	model: z.string().min(1).default(defaultModel),
	prompt: promptSchema,
	representation: z.enum(['symmetric', 'document', 'query']),
	compress_to_size: compressed,
	normalize: z.boolean().nullish(),
})
const batch = semantic.omit({ prompt: true }).extend({ prompts: arrayOf(promptSchema).min(1).max(2048) })
const instructable = z.looseObject({
	model: z.string().min(1),
	input: promptSchema,
	instruction: z.string(),
	normalize: z.boolean().nullish(),
})

export const embeddings: readonly Route[] = [
	embeddingsRoute(({ query }) => priorityOf(query())),
	embedding('/semantic_embed', semantic, ({ model, prompt, representation, compress_to_size: size, normalize }) => ({
		type: 'embed',
		request: { model, inputs: [readPrompt(prompt)], dimensions: size ?? undefined },
		write: ({ vectors, usage }, answer) => ({
			model_version: answer.model,
			embedding: [...scale(vectors[0], normalize)],
			num_tokens_prompt_total: usage.promptTokens,
		}),
		dropped: [...unsupportedParts(representation), ...unsupportedPromptParts(prompt, 'prompt')],
	})),
	embedding(
		'/batch_semantic_embed',
		batch,
		({ model, prompts, representation, compress_to_size: size, normalize }) => ({
			type: 'embed',
			request: { model, inputs: prompts.map(readPrompt), dimensions: size ?? undefined },
			write: ({ vectors, usage }, answer) => ({
				model_version: answer.model,
				embeddings: vectors.map((vector) => [...scale(vector, normalize)]),
				num_tokens_prompt_total: usage.promptTokens,
			}),
			dropped: [
				...unsupportedParts(representation),
				...prompts.flatMap((prompt, index) => unsupportedPromptParts(prompt, `prompts[${index}]`)),
			],
		}),
	),
	embedding('/instructable_embed', instructable, ({ model, input, instruction, normalize }) => ({
		type: 'embed',
		request: { model, inputs: [instruct(readPrompt(input), instruction)] },
		write: ({ vectors, usage }, answer) => ({
			model_version: answer.model,
			embedding: [...scale(vectors[0], normalize)],
			num_tokens_prompt_total: usage.promptTokens,
		}),
		dropped: unsupportedPromptParts(input, 'input'),
	})),
]

function embedding<Schema extends z.ZodType>(
	path: string,
	schema: Schema,
	read: (sent: z.infer<Schema>) => EmbeddingCall,
): Route {
	return {
		method: 'POST',
		path,
		bodySchema: schema,
		read({ body, query }): EmbeddingCall {
			const parsed = schema.safeParse(body)
			if (!parsed.success) throw schemaError(parsed.error, body)
			return { ...read(parsed.data), ...priorityOf(query()) }
		},
	}
}

/** No upstream's wire format can express the side of a comparison. */
function unsupportedParts(representation: string): readonly string[] {
	return representation === 'symmetric' ? [] : ['representation']
}

/** The format on which instructable models were trained. */
function instruct(input: string | readonly number[], instruction: string): string | readonly number[] {
	return typeof input === 'string' && instruction !== '' ? `Instruct: ${instruction}\nQuery: ${input}` : input
}

function scale(vector: Embeddings['vectors'][number] = new Float32Array(), normalize?: boolean | null): Float32Array {
	if (normalize !== true) return vector
	const length = Math.hypot(...vector)
	return length === 0 ? vector : vector.map((value) => value / length)
}
