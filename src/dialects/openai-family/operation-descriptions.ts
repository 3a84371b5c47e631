// Descriptions of the operations that several dialects have in the form of OpenAI's API.

import { z } from 'zod'
import type { JsonObject } from '../../chat/json.ts'
import {
	chatCompletionSchema,
	chatEventSchema,
	textCompletionEventSchema,
	textCompletionSchema,
} from '../../wire/openai/chat-answer-schema.ts'
import { embeddingListSchema } from '../../wire/openai/object-schemas.ts'
import type { AnswerDescription, OperationDescription } from '../api-description.ts'

export function chatExample(model: string): JsonObject {
	return { model, messages: [{ role: 'user', content: 'Hello!' }] }
}

const defaultChatAnswer: AnswerDescription = { type: 'answer', json: chatCompletionSchema, events: chatEventSchema }

/** @param answer if it is not OpenAI's. */
export function describeChat(name: string, answer = defaultChatAnswer): OperationDescription {
	return {
		name,
		summary: 'Create a chat completion',
		details: 'Answers the messages with a model. With `stream: true` the response is a stream of chunks.',
		example: chatExample,
		calls: 'text-generation',
		converses: true,
		answer,
	}
}

/** @param events of its stream, if they are not OpenAI's. */
export function describeTextCompletion(
	name: string,
	events: z.ZodType = textCompletionEventSchema,
): OperationDescription {
	return {
		name,
		summary: 'Create a text completion',
		details: 'Continues a prompt. New applications use chat completions.',
		example: (model) => ({ model, prompt: 'Once upon a time' }),
		calls: 'text-generation',
		answer: { type: 'answer', json: textCompletionSchema, events },
	}
}

export function describeEmbeddings(name: string, json: z.ZodType = embeddingListSchema): OperationDescription {
	return {
		name,
		summary: 'Create embeddings',
		example: (model) => ({ model, input: 'Hello!' }),
		calls: 'text-embeddings-inference',
		answer: { type: 'answer', json },
	}
}

/** The list of models with this schema, and the operation that retrieves one of them. */
export function describeModels(model: z.ZodType): Readonly<Record<string, OperationDescription>> {
	return {
		'GET /models': {
			name: 'listModels',
			summary: 'List the models',
			answer: { type: 'answer', json: z.object({ object: z.literal('list'), data: z.array(model) }) },
		},
		'GET /models/{id}': describeModel(model),
	}
}

export function describeModel(model: z.ZodType): OperationDescription {
	return {
		name: 'retrieveModel',
		summary: 'Retrieve a model',
		details: 'By its name or one of its aliases.',
		answer: { type: 'answer', json: model },
	}
}
