// GET /health/models

import type { Route } from '../dialect.ts'
import type { ListedModel } from '../local-operation.ts'

const colors: Readonly<Record<ListedModel['health'], string>> = { good: 'green', limited: 'yellow', none: 'red' }

export const modelHealth: Route = {
	method: 'GET',
	path: '/health/models',
	read: () => ({
		type: 'models.list',
		write: (models) => ({
			object: 'list',
			data: models.map(({ name, health }) => ({ id: name, status: colors[health] })),
		}),
	}),
}
