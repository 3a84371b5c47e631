// Lists the models, in the formats of several versions.

import { ChatError } from '../../chat/error.ts'
import type { Route } from '../dialect.ts'
import type { ListedModel } from '../local-operation.ts'

/** Clients accept a closed list of vendors; this one is for models that the platform itself runs. */
const vendor = 'launch'

export const models: readonly Route[] = [
	list('/v2/models', (found) => ({ items: found.map(writeEarlier) })),
	list('/v4/models', (found, query) => writePage(found.map(writeEarlier), query)),
	list('/v5/models', (found, query) => writeLaterPage(found.map(writeLater), query)),
	list('/v5/chat/completions/models', (found, query) => {
		const items = found.filter(chats).map(({ name }) => ({
			model_name: name,
			model_vendor: vendor,
			model_type: 'chat_completion',
		}))
		const requested = query.get('model_vendor')
		return { object: 'list', items: requested === null || requested === vendor ? items : [] }
	}),
	{
		method: 'GET',
		path: '/v5/models/{id}',
		read: ({ parameters: [name = ''] }) => ({ type: 'models.list', write: (found) => writeLater(find(found, name)) }),
	},
]

function list(path: string, write: (models: readonly ListedModel[], query: URLSearchParams) => unknown): Route {
	return {
		method: 'GET',
		path,
		read: ({ query }) => ({ type: 'models.list', write: (found) => write(found, query()) }),
	}
}

/** @throws ChatError `not-found`, unlike calls of a model, for which an unknown model is an invalid field. */
function find(models: readonly ListedModel[], name: string): ListedModel {
	const found = models.find((model) => model.name === name || model.aliases.includes(name))
	if (found === undefined) throw new ChatError('not-found', `Model '${name.slice(0, 200)}' not found.`)
	return found
}

function chats({ type }: ListedModel): boolean {
	return type === 'text-generation' || type === 'image-text-to-text'
}

function writeEarlier(model: ListedModel) {
	return {
		id: model.name,
		name: model.name,
		display_name: model.name,
		model_provider: 'llm_engine',
		model_type: chats(model) ? 'CHAT_COMPLETION' : modelTypes[model.type],
		model_vendor: 'OTHER',
		base_model_id: null,
		account_id: model.ownedBy,
		created_at: new Date(model.created * 1000).toISOString(),
		created_by_identity_type: 'user',
		created_by_user_id: model.ownedBy,
		deployment_count: 1,
		supports_multi_turn: chats(model),
		request_schema: {},
		response_schema: {},
	}
}

const modelTypes: Readonly<Record<ListedModel['type'], string>> = {
	'text-generation': 'CHAT_COMPLETION',
	'image-text-to-text': 'CHAT_COMPLETION',
	'text-embeddings-inference': 'EMBEDDING',
	'automatic-speech-recognition': 'GENERIC',
	'text-classification': 'RERANKING',
}

function writeLater(model: ListedModel) {
	return {
		id: model.name,
		object: 'model',
		name: model.name,
		model_type: chats(model) ? 'chat_completion' : 'generic',
		model_vendor: vendor,
		status: 'ready',
		created_at: new Date(model.created * 1000).toISOString(),
		created_by_identity_type: 'user',
		created_by_user_id: model.ownedBy,
		model_metadata: {},
	}
}

const defaultPage = 100
const longestPage = 10_000

/** Pages by number, from 1. */
function writePage(items: readonly object[], query: URLSearchParams) {
	const page = amount(query, 'page', 1)
	const limit = amount(query, 'limit', defaultPage)
	return {
		items: items.slice((page - 1) * limit, page * limit),
		total_item_count: items.length,
		current_page: page,
		items_per_page: limit,
	}
}

/** Pages by cursor: the item before the page, or the item after it. */
function writeLaterPage(items: readonly { readonly id: string }[], query: URLSearchParams) {
	const limit = amount(query, 'limit', defaultPage)
	const indexOf = (name: string) => items.findIndex(({ id }) => id === query.get(name))
	const end = query.has('ending_before') ? indexOf('ending_before') : items.length
	const begin = query.has('ending_before') ? Math.max(0, end - limit) : indexOf('starting_after') + 1
	const found = items.slice(begin, Math.min(end, begin + limit))
	return { object: 'list', items: found, limit, total: items.length, has_more: begin + found.length < items.length }
}

function amount(query: URLSearchParams, name: string, byDefault: number): number {
	const given = query.get(name)
	if (given === null) return byDefault
	const number = Number(given)
	if (Number.isInteger(number) && number >= 1 && number <= longestPage) return number
	throw new ChatError('invalid-request', `Input should be an integer from 1 to ${longestPage}.`, { param: name })
}
