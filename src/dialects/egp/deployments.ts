// /v4/models/{id}/…: the same operations on one deployed model, in a separate format.

import { z } from 'zod'
import { ChatError } from '../../chat/error.ts'
import type { Embeddings } from '../../operations/embeddings.ts'
import type { Ranking } from '../../operations/reranking.ts'
import { arrayOf } from '../../wire/json/bounded-array.ts'
import { schemaError } from '../../wire/openai/schema-error.ts'
import type { CallOptions } from '../call.ts'
import type { Call, Route, RouteInput } from '../dialect.ts'
import { readTurn } from './chat-request.ts'
import { chatSchema, modelParameters } from './chat-schema.ts'
import { renderTemplate } from './chat-template.ts'
import { droppedFields } from './dropped-fields.ts'
import { envelopeWriter } from './envelope-writer.ts'

const flatParameters = modelParameters.extend({ temperature: z.number().min(0).max(2).nullish() }).shape

const chat = z.looseObject({
	...flatParameters,
	prompt: z.string(),
	chat_history: chatSchema.shape.messages.nullish().or(arrayOf(z.never()).max(0)),
	chat_template: z.string().nullish(),
	stream: z.boolean().nullish(),
})
const completion = z.looseObject({
	...flatParameters,
	prompt: z.string(),
	chat_template: z.string().nullish(),
	stream: z.boolean().nullish(),
})
const embeddings = z.looseObject({ texts: arrayOf(z.string().min(1)).min(1).max(2048) })
const rerankings = z.looseObject({
	query: z.string().min(1),
	documents: arrayOf(z.string().min(1)).min(1).optional(),
	chunks: arrayOf(z.string().min(1)).min(1).optional(),
})

export const deployments: readonly Route[] = [
	deployed('chat-completions', chat, (sent, model, inThread) => {
		const messages = [...(sent.chat_history ?? []), { role: 'user' as const, content: sent.prompt }]
		return generate({ model, messages, instructions: null, model_parameters: sent }, sent, inThread)
	}),
	deployed('completions', completion, (sent, model, inThread) =>
		generate(
			{ model, messages: [{ role: 'user', content: sent.prompt }], instructions: null, model_parameters: sent },
			sent,
			inThread,
		),
	),
	deployed('embeddings', embeddings, ({ texts }, model) => ({
		type: 'embed',
		request: { model, inputs: texts },
		write: ({ vectors, usage }: Embeddings) => ({
			embeddings: vectors.map((vector) => [...vector]),
			tokens_used: usage.promptTokens,
		}),
	})),
	deployed('rerankings', rerankings, ({ query, documents, chunks }, model) => ({
		type: 'rerank',
		request: { model, query, documents: required(documents ?? chunks) },
		write: ({ results, usage }: Ranking) => ({
			chunk_scores: [...results].sort((one, other) => one.index - other.index).map(({ score }) => score),
			tokens_used: usage.promptTokens,
		}),
	})),
]

/** The documents, which older clients send as `chunks`. */
function required(documents: readonly string[] | undefined): readonly string[] {
	if (documents !== undefined) return documents
	throw new ChatError('invalid-request', "Missing required parameter: 'documents'.", {
		param: 'documents',
		code: 'missing_required_parameter',
	})
}

function deployed<Schema extends z.ZodObject>(
	operation: string,
	schema: Schema,
	read: (sent: z.infer<Schema>, model: string, inThread: RouteInput['inThread']) => Call | Promise<Call>,
): Route {
	return {
		method: 'POST',
		path: `/v4/models/{model}/${operation}`,
		bodySchema: schema,
		async read({ body, parameters: [model = ''], inThread }: RouteInput): Promise<Call> {
			const parsed = schema.safeParse(body)
			if (!parsed.success) throw schemaError(parsed.error, body)
			const call = await read(parsed.data, model, inThread)
			return { ...call, ...dropping(parsed.data, schema) }
		},
	}
}

function dropping(sent: object, schema: z.ZodObject): Pick<CallOptions, 'dropped'> {
	return { dropped: droppedFields({ ...sent }, schema.shape) }
}

type TaskCompletion = z.infer<typeof completion>

/** A chat call, or a completion call if a template renders the messages. */
function generate(
	turn: Parameters<typeof readTurn>[0],
	sent: TaskCompletion,
	inThread: RouteInput['inThread'],
): Call | Promise<Call> {
	const { request, parts } = readTurn(turn, '')
	const stream = sent.stream ?? false
	if (sent.chat_template == null) return { type: 'chat', request, parts, stream, writer }
	return renderTemplate(sent.chat_template, request, inThread).then((rendered) => ({
		type: 'complete',
		request: rendered,
		stream,
		writer,
	}))
}

const writer = envelopeWriter(
	(text, finish_reason, usage) => ({
		completions: [[text]],
		finish_reason,
		prompt_tokens: usage?.promptTokens,
		response_tokens: usage?.completionTokens,
	}),
	'stop',
)
