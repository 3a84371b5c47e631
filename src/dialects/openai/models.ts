// GET /models and GET /models/{model}. In addition to OpenAI's fields, each model has those that OpenGateLLM's and
// vLLM's clients read, and those by which a person chooses one.

import type { ListedModel } from '../local-operation.ts'
import { modelRoutes } from '../openai-family/models.ts'

export const models = modelRoutes(writeModel)

function writeModel(model: ListedModel) {
	const { price } = model
	return {
		id: model.name,
		object: 'model',
		created: model.created,
		owned_by: model.ownedBy,
		type: model.type,
		aliases: model.aliases,
		max_context_length: model.contextTokens ?? null,
		capabilities: model.capabilities,
		health: model.health,
		local: model.local,
		speed: model.speed,
		// For a million tokens, as in OpenGateLLM.
		costs: price && { prompt_tokens: price.input, completion_tokens: price.output, currency: price.currency },
		note: model.note,
	}
}
