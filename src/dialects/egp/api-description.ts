// What this dialect states about its API for the OpenAPI document. A line for each route of the dialect.

import { z } from 'zod'
import type { ModelType } from '../../routing/model.ts'
import {
	type AnswerDescription,
	type ApiDescription,
	jsonAnswer,
	type OperationDescription,
} from '../api-description.ts'
import { chatExample, describeChat, describeTextCompletion } from '../openai-family/operation-descriptions.ts'

const count = z.int().min(0)
const time = z.string().meta({ format: 'date-time' })
const reason = z.enum(['stop', 'length', 'content_filter']).nullable()

const error = z.object({
	detail: z.union([
		z.string(),
		z.array(
			z.object({
				loc: z.array(z.union([z.string(), z.int()])).describe('The path to the invalid field, from `body`.'),
				msg: z.string(),
				type: z.string(),
			}),
		),
	]),
})

const tokenUsage = z
	.object({ prompt: count, completion: count, total: count })
	.nullable()
	.describe('Null in all events of a stream but the last.')

function chatEnvelope(role: 'agent' | 'assistant') {
	const message = z.object({ role: z.literal(role), content: z.string() })
	return z.object({
		chat_completion: z.object({
			message: role === 'agent' ? message.extend({ tool_request: z.null() }) : message,
			finish_reason: reason,
		}),
		token_usage: tokenUsage,
	})
}

const completion = z.object({
	completion: z.object({ text: z.string(), finish_reason: reason }),
	token_usage: tokenUsage,
})

const action = z.object({
	action: z.enum(['content', 'tool_request']),
	context: z.object({
		content: z.string().nullable(),
		tool_request: z.object({ name: z.string(), arguments: z.string().describe('JSON text.') }).nullable(),
	}),
})

const deployedText = z.object({
	completions: z.array(z.array(z.string())),
	finish_reason: reason,
	prompt_tokens: count.optional(),
	response_tokens: count.optional(),
})

const earlierModel = z.object({
	id: z.string(),
	name: z.string(),
	display_name: z.string(),
	model_provider: z.string(),
	model_type: z.string(),
	model_vendor: z.string(),
	base_model_id: z.null(),
	account_id: z.string(),
	created_at: time,
	created_by_identity_type: z.literal('user'),
	created_by_user_id: z.string(),
	deployment_count: count,
	supports_multi_turn: z.boolean(),
	request_schema: z.looseObject({}),
	response_schema: z.looseObject({}),
})

const laterModel = z.object({
	id: z.string(),
	object: z.literal('model'),
	name: z.string(),
	model_type: z.string(),
	model_vendor: z.string(),
	status: z.literal('ready'),
	created_at: time,
	created_by_identity_type: z.literal('user'),
	created_by_user_id: z.string(),
	model_metadata: z.looseObject({}),
})

const user = z.object({
	id: z.string(),
	email: z.string(),
	first_name: z.string(),
	last_name: z.string(),
	organization_id: z.string(),
	access_profiles: z.array(
		z.object({
			id: z.string(),
			user_id: z.string(),
			role: z.enum(['admin', 'member']),
			account: z.object({ id: z.string(), name: z.string(), created_at: time }),
		}),
	),
})

const pageSize = z.int().min(1).max(10_000).default(100)
const account = 'The header `x-selected-account-id` names the account.'

/** The operations of the versions 1 to 4, which differ in the role of the answer. */
function describeVersion(version: number): Readonly<Record<string, OperationDescription>> {
	const chat = chatEnvelope(version === 1 ? 'agent' : 'assistant')
	return {
		[`POST /v${version}/chat-completions`]: {
			name: `createChatCompletionV${version}`,
			summary: 'Create a chat completion',
			details: `With \`stream: true\` the response is a stream of envelopes without an end mark. ${account}`,
			example: chatExample,
			calls: 'text-generation',
			converses: true,
			answer: { type: 'answer', json: chat, events: chat },
		},
		[`POST /v${version}/completions`]: {
			name: `createCompletionV${version}`,
			summary: 'Complete a prompt',
			details: account,
			example: (model) => ({ model, prompt: 'Once upon a time' }),
			calls: 'text-generation',
			answer: { type: 'answer', json: completion, events: completion },
		},
		[`POST /v${version}/agents/execute`]: {
			name: `executeAgentV${version}`,
			summary: 'Answer, or request a call of a tool',
			details: account,
			example: (model) => ({
				...chatExample(model),
				tools: [
					{
						name: 'weather',
						description: 'The weather of a city.',
						arguments: { type: 'object', properties: { city: { type: 'string', description: 'Its name.' } } },
					},
				],
			}),
			calls: 'text-generation',
			converses: true,
			answer: jsonAnswer(action),
		},
	}
}

function describeDeployed(
	name: string,
	summary: string,
	calls: ModelType,
	example: OperationDescription['example'],
	answer: AnswerDescription,
): OperationDescription {
	return { name, summary, example, calls, answer }
}

const deployedAnswer: AnswerDescription = { type: 'answer', json: deployedText, events: deployedText }

export const description: ApiDescription = {
	title: 'Scale EGP',
	text: "Scale's API through its generations: Spellbook and EGP (versions 1 to 4), and SGP (version 5), which follows OpenAI's.",
	page: 'egp.md',
	credential: 'x-api-key',
	error,
	schemas: { EarlierModel: earlierModel, LaterModel: laterModel, Completion: completion, AgentAction: action },
	operations: {
		...Object.assign({}, ...[1, 2, 3, 4].map(describeVersion)),
		'POST /v4/beta/chat/completions': describeChat('createChatCompletionV4Beta'),
		'POST /v5/chat/completions': describeChat('createChatCompletionV5'),
		'POST /v5/completions': describeTextCompletion('createCompletionV5'),
		'POST /v4/models/{model}/chat-completions': describeDeployed(
			'createDeployedChatCompletion',
			'Create a chat completion with one model',
			'text-generation',
			() => ({ prompt: 'Hello!' }),
			deployedAnswer,
		),
		'POST /v4/models/{model}/completions': describeDeployed(
			'createDeployedCompletion',
			'Complete a prompt with one model',
			'text-generation',
			() => ({ prompt: 'Once upon a time' }),
			deployedAnswer,
		),
		'POST /v4/models/{model}/embeddings': describeDeployed(
			'createDeployedEmbeddings',
			'Create embeddings with one model',
			'text-embeddings-inference',
			() => ({ texts: ['Hello!'] }),
			jsonAnswer(z.object({ embeddings: z.array(z.array(z.number())), tokens_used: count })),
		),
		'POST /v4/models/{model}/rerankings': describeDeployed(
			'createDeployedRanking',
			'Rank documents with one model',
			'text-classification',
			() => ({ query: 'Which animals bark?', documents: ['Cats sleep.', 'Dogs bark.'] }),
			jsonAnswer(z.object({ chunk_scores: z.array(z.number()), tokens_used: count })),
		),
		'GET /v2/models': {
			name: 'listModelsV2',
			summary: 'List the models',
			answer: jsonAnswer(z.object({ items: z.array(earlierModel) })),
		},
		'GET /v4/models': {
			name: 'listModelsV4',
			summary: 'List the models',
			query: z.object({ page: z.int().min(1).max(10_000).default(1), limit: pageSize }),
			answer: jsonAnswer(
				z.object({
					items: z.array(earlierModel),
					total_item_count: count,
					current_page: count,
					items_per_page: count,
				}),
			),
		},
		'GET /v5/models': {
			name: 'listModelsV5',
			summary: 'List the models',
			query: z.object({
				limit: pageSize,
				starting_after: z.string().optional().describe('The page begins after this model.'),
				ending_before: z.string().optional().describe('The page ends before this model.'),
			}),
			answer: jsonAnswer(
				z.object({
					object: z.literal('list'),
					items: z.array(laterModel),
					limit: count,
					total: count,
					has_more: z.boolean(),
				}),
			),
		},
		'GET /v5/chat/completions/models': {
			name: 'listChatModelsV5',
			summary: 'List the models that chat',
			query: z.object({ model_vendor: z.string().optional() }),
			answer: jsonAnswer(
				z.object({
					object: z.literal('list'),
					items: z.array(
						z.object({ model_name: z.string(), model_vendor: z.string(), model_type: z.literal('chat_completion') }),
					),
				}),
			),
		},
		'GET /v5/models/{id}': { name: 'retrieveModelV5', summary: 'Retrieve a model', answer: jsonAnswer(laterModel) },
		'GET /user-info': { name: 'retrieveUser', summary: 'Retrieve the caller', answer: jsonAnswer(user) },
	},
}
