// GET /health/models

import type { ListedModel, Route } from '../dialect.ts'

const colours: Readonly<Record<ListedModel['health'], string>> = { good: 'green', limited: 'yellow', none: 'red' }

export const modelHealth: Route = {
	method: 'GET',
	path: '/health/models',
	read: () => ({
		type: 'list-models',
		write: (models) => ({
			object: 'list',
			data: models.map(({ name, health }) => ({ id: name, status: colours[health] })),
		}),
	}),
}
