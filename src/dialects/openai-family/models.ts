// GET /models and GET /models/{model}, as OpenAI's API defines them. The fields of a model differ between dialects.

import type { ListedModel, Route } from '../dialect.ts'

/** The list, and the route of one model, in that order. */
export function modelRoutes(writeModel: (model: ListedModel) => unknown): readonly [Route, Route] {
	return [
		{
			method: 'GET',
			path: '/models',
			read: () => ({ type: 'list-models', write: (models) => ({ object: 'list', data: models.map(writeModel) }) }),
		},
		showModelRoute(writeModel),
	]
}

export function showModelRoute(writeModel: (model: ListedModel) => unknown): Route {
	return {
		method: 'GET',
		path: '/models/{model}',
		read: ({ parameters: [name = ''] }) => ({ type: 'show-model', name, write: writeModel }),
	}
}
