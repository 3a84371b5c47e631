// GET /models and GET /models/{model}: the fields by which its clients choose a model, including prices.

import type { ListedModel, Route } from '../dialect.ts'

export const listModels: Route = {
	method: 'GET',
	path: '/models',
	read: () => ({ type: 'list-models', write: (models) => ({ object: 'list', data: models.map(writeModel) }) }),
}

export const showModel: Route = {
	method: 'GET',
	path: '/models/{model}',
	read: ({ parameters: [name = ''] }) => ({ type: 'show-model', name, write: writeModel }),
}

function writeModel({ name, type, aliases, created, ownedBy, contextTokens, price }: ListedModel) {
	return {
		object: 'model',
		id: name,
		type,
		aliases,
		created,
		owned_by: ownedBy,
		max_context_length: contextTokens ?? null,
		costs: { prompt_tokens: price?.input ?? 0, completion_tokens: price?.output ?? 0 },
	}
}
