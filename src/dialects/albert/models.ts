// GET /models and GET /models/{model}

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

function writeModel({ name, created, ownedBy, type, aliases, contextTokens }: ListedModel) {
	return {
		id: name,
		object: 'model',
		created,
		owned_by: ownedBy,
		type,
		aliases,
		max_context_length: contextTokens ?? null,
	}
}
