// GET /models and GET /models/{model}: the fields by which its clients choose a model, including prices.

import type { ListedModel } from '../local-operation.ts'
import { modelRoutes } from '../openai-family/models.ts'

export const models = modelRoutes(writeModel)

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
