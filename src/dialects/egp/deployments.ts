// /v4/models/{id}/…: the same operations asked of one deployed model, in a form of their own.

import { z } from 'zod'
import type { Completion } from '../../chat/completion.ts'
import type { ChatEvent } from '../../chat/event.ts'
import type { Usage } from '../../chat/usage.ts'
import type { Embeddings } from '../../embeddings/embeddings.ts'
import type { Ranking } from '../../reranking/reranking.ts'
import { schemaError } from '../../wire/openai/schema-error.ts'
import type { AnswerWriter, Call, Route, RouteInput } from '../dialect.ts'
import { readTurn } from './chat-request.ts'
import { chatSchema, modelParameters } from './chat-schema.ts'
import { droppedFields } from './dropped-fields.ts'

const flatParameters = modelParameters.extend({ temperature: z.number().min(0).max(2).nullish() }).shape

const chat = z.looseObject({
	...flatParameters,
	prompt: z.string(),
	chat_history: chatSchema.shape.messages.nullish().or(z.array(z.never()).max(0)),
	stream: z.boolean().nullish(),
})
const completion = z.looseObject({ ...flatParameters, prompt: z.string(), stream: z.boolean().nullish() })
const embeddings = z.looseObject({ texts: z.array(z.string().min(1)).min(1).max(2048) })
const rerankings = z.looseObject({
	query: z.string().min(1),
	documents: z.array(z.string().min(1)).min(1).optional(),
	chunks: z.array(z.string().min(1)).min(1).optional(),
	top_n: z.int().min(1).nullish(),
})

export const deployments: readonly Route[] = [
	deployed('chat-completions', chat, (sent, model) => {
		const messages = [...(sent.chat_history ?? []), { role: 'user' as const, content: sent.prompt }]
		return speak({ model, messages, instructions: null, model_parameters: sent }, sent)
	}),
	deployed('completions', completion, (sent, model) =>
		speak(
			{ model, messages: [{ role: 'user', content: sent.prompt }], instructions: null, model_parameters: sent },
			sent,
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
	deployed('rerankings', rerankings, ({ query, documents, chunks, top_n: top }, model) => ({
		type: 'rerank',
		request: { model, query, documents: documents ?? chunks ?? [], ...(top == null ? {} : { top }) },
		write: ({ results }: Ranking) => ({ results: results.map(({ index, score }) => ({ index, score })) }),
	})),
]

function deployed<Schema extends z.ZodObject>(
	operation: string,
	schema: Schema,
	read: (sent: z.infer<Schema>, model: string) => Call,
): Route {
	return {
		method: 'POST',
		path: `/v4/models/{model}/${operation}`,
		read({ body, parameters: [model = ''] }: RouteInput): Call {
			const parsed = schema.safeParse(body)
			if (!parsed.success) throw schemaError(parsed.error, body)
			return { ...read(parsed.data, model), ...dropping(parsed.data, schema) }
		},
	}
}

function dropping(sent: object, schema: z.ZodObject) {
	return { dropped: droppedFields({ ...sent }, schema.shape) }
}

function speak(
	turn: Parameters<typeof readTurn>[0],
	{ stream }: { readonly stream?: boolean | null | undefined },
): Call {
	return { type: 'chat', request: readTurn(turn, '').request, stream: stream ?? false, writer }
}

const writer: AnswerWriter = {
	completion: ({ choices, usage }: Completion) => ({
		...envelope(choices[0]?.text ?? '', choices[0]?.finishReason ?? 'stop'),
		...tokens(usage),
	}),
	stream: () => {
		let reason: string | null = null
		return {
			cutsOnError: true,
			write(event: ChatEvent) {
				if (event.type === 'choice-finish') reason = event.reason
				if (event.type === 'text' && event.text !== '') return line(envelope(event.text, null))
				return event.type === 'finish' ? line({ ...envelope('', reason), ...tokens(event.usage) }) : ''
			},
		}
	},
}

function line(event: object): string {
	return `data: ${JSON.stringify(event)}\n\n`
}

function envelope(text: string, reason: string | null) {
	return { completions: [[text]], finish_reason: reason }
}

function tokens({ promptTokens, completionTokens }: Usage) {
	return { prompt_tokens: promptTokens, response_tokens: completionTokens }
}
