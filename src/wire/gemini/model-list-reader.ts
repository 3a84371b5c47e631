// Reads the response to GET /models of Gemini's API.

import { field } from '../json/fields.ts'
import type { UpstreamModel } from '../json/model-list-reader.ts'

/** The models, with names without `models/`, or undefined if the response is not a list of models. */
export function readGeminiModelList(answer: unknown): readonly UpstreamModel[] | undefined {
	const list = field(answer, 'models')
	if (!Array.isArray(list)) return undefined
	return list.flatMap((model) => {
		const name = field(model, 'name')
		const methods = field(model, 'supportedGenerationMethods')
		const embeds = Array.isArray(methods) && methods.includes('embedContent') && !methods.includes('generateContent')
		if (typeof name !== 'string') return []
		return [{ id: name.replace(/^models\//, ''), type: embeds ? 'text-embeddings-inference' : undefined }]
	})
}
