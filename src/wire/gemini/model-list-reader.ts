// Reads the response to GET /models of Gemini's API.

import { field } from '../json/fields.ts'

/** The names of the models without `models/`, or undefined if the response is not a list of models. */
export function readGeminiModelList(answer: unknown): readonly string[] | undefined {
	const list = field(answer, 'models')
	if (!Array.isArray(list)) return undefined
	return list
		.map((model) => field(model, 'name'))
		.filter((name) => typeof name === 'string')
		.map((name) => name.replace(/^models\//, ''))
}
