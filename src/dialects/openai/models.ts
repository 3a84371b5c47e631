// GET /models and GET /models/{id}. In addition to OpenAI's fields, each model has those that OpenGateLLM's and vLLM's clients read.

import type { ListedModel, Route } from '../dialect.ts'

export const listModels: Route = {
	method: 'GET',
	path: '/models',
	read: () => ({ type: 'list-models', write: (models) => ({ object: 'list', data: models.map(writeModel) }) }),
}

export const showModel: Route = {
	method: 'GET',
	path: '/models/{id}',
	read: ({ parameters: [name = ''] }) => ({ type: 'show-model', name, write: writeModel }),
}

function writeModel(model: ListedModel) {
	return {
		id: model.name,
		object: 'model',
		created: model.created,
		owned_by: model.ownedBy,
		type: model.type,
		aliases: model.aliases,
		max_context_length: model.contextTokens ?? null,
		note: model.note,
	}
}
