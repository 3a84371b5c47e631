// The answer to GET /models of Gemini's API.

import { field } from '../openai/fields.ts'

/** The names of an answer's models without `models/`, or undefined if the answer is no list of models. */
export function readGeminiModelList(answer: unknown): readonly string[] | undefined {
	const list = field(answer, 'models')
	if (!Array.isArray(list)) return undefined
	return list
		.map((model) => field(model, 'name'))
		.filter((name) => typeof name === 'string')
		.map((name) => name.replace(/^models\//, ''))
}
