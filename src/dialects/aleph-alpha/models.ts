// Lists the models, in three formats.

import type { Route } from '../dialect.ts'
import type { ListedModel } from '../local-operation.ts'

export const models: readonly Route[] = [
	list('/models_available', (found) => found.map(writeAvailable)),
	list('/model-settings', (found) => found.map(writeSettings)),
	list('/models', (found) => ({
		object: 'list',
		data: found.map(({ name, created, ownedBy }) => ({ id: name, object: 'model', created, owned_by: ownedBy })),
	})),
]

function list(path: string, write: (models: readonly ListedModel[]) => unknown): Route {
	return { method: 'GET', path, read: () => ({ type: 'models.list', write }) }
}

function writeAvailable(model: ListedModel) {
	return {
		name: model.name,
		description: model.note ?? '',
		max_context_size: model.contextTokens ?? null,
		hostings: [],
		image_support: seesImages(model),
		qa_support: false,
		summarization_support: false,
		embedding_types: embeds(model) ? ['semantic'] : [],
		maximum_completion_tokens: model.contextTokens ?? null,
		aligned: chats(model),
	}
}

function writeSettings(model: ListedModel) {
	return {
		name: model.name,
		status: 'available',
		description: model.note ?? '',
		multimodal: seesImages(model),
		max_context_size: model.contextTokens ?? null,
		semantic_embedding: embeds(model),
		completion_type: chats(model) ? 'full' : 'none',
		embedding_type: embeds(model) ? 'semantic' : 'none',
		aligned: chats(model),
		chat: chats(model),
		prompt_template: null,
		maximum_completion_tokens: model.contextTokens ?? null,
		model_card: null,
	}
}

function chats(model: ListedModel): boolean {
	return model.type === 'text-generation' || seesImages(model)
}

function seesImages({ type }: ListedModel): boolean {
	return type === 'image-text-to-text'
}

function embeds({ type }: ListedModel): boolean {
	return type === 'text-embeddings-inference'
}
