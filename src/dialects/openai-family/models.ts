// GET /models and GET /models/{id}, as OpenAI's API defines them. The fields of a model differ between dialects.

import type { Route } from '../dialect.ts'
import type { ListedModel } from '../local-operation.ts'

/** The list, and the route of one model, in that order. */
export function modelRoutes(writeModel: (model: ListedModel) => unknown): readonly [Route, Route] {
	return [
		{
			method: 'GET',
			path: '/models',
			read: () => ({ type: 'models.list', write: (models) => ({ object: 'list', data: models.map(writeModel) }) }),
		},
		showModelRoute(writeModel),
	]
}

export function showModelRoute(writeModel: (model: ListedModel) => unknown): Route {
	return {
		method: 'GET',
		path: '/models/{id}',
		read: ({ parameters: [name = ''] }) => ({ type: 'models.find', name, write: writeModel }),
	}
}
