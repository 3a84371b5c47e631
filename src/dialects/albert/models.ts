// GET /models and GET /models/{id}

import type { ListedModel } from '../local-operation.ts'
import { modelRoutes } from '../openai-family/models.ts'

export const models = modelRoutes(writeModel)

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
