// GET /models, with pagination, and GET /models/{id}.

import { ChatError } from '../../chat/error.ts'
import type { Route } from '../dialect.ts'
import type { ListedModel } from '../local-operation.ts'
import { showModelRoute } from '../openai-family/models.ts'

export const listModels: Route = {
	method: 'GET',
	path: '/models',
	read({ query }) {
		const page = readPage(query())
		return { type: 'models.list', write: (models) => writePage(models, page) }
	},
}

export const showModel = showModelRoute(writeModel)

interface ModelPage {
	readonly limit: number
	/** Names of models: the page begins after `after`, or ends before `before`. */
	readonly after: string | null
	readonly before: string | null
}

const defaultLimit = 20
const maxLimit = 1000

function readPage(query: URLSearchParams): ModelPage {
	const given = query.get('limit')
	const limit = given === null ? defaultLimit : Number(given)
	if (!Number.isInteger(limit) || limit < 1 || limit > maxLimit)
		throw new ChatError('invalid-request', `limit: Input should be a whole number from 1 to ${maxLimit}`, {
			param: 'limit',
		})
	return { limit, after: query.get('after_id'), before: query.get('before_id') }
}

function writePage(models: readonly ListedModel[], { limit, after, before }: ModelPage) {
	const start = after === null ? 0 : indexOf(models, after, 'after_id') + 1
	const end = before === null ? models.length : indexOf(models, before, 'before_id')
	const range = models.slice(start, end)
	const page = before === null ? range.slice(0, limit) : range.slice(-limit)
	return {
		data: page.map(writeModel),
		has_more: page.length < range.length,
		first_id: page.at(0)?.name ?? null,
		last_id: page.at(-1)?.name ?? null,
	}
}

function indexOf(models: readonly ListedModel[], name: string, param: string): number {
	const index = models.findIndex((model) => model.name === name)
	if (index === -1) throw new ChatError('not-found', `${param}: no model '${name.slice(0, 100)}'`, { param })
	return index
}

function writeModel({ name, aliases, created, contextTokens }: ListedModel) {
	return {
		type: 'model',
		id: name,
		display_name: name,
		// Not in Anthropic's API: the other names that requests may use.
		aliases,
		created_at: new Date(created * 1000).toISOString(),
		max_input_tokens: contextTokens ?? null,
		max_tokens: null,
		capabilities: null,
		lifecycle: 'active',
		...{ line: null, deprecated_at: null, retires_at: null },
	}
}
