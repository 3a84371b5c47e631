// Reads the response to GET /models, which has the same format in OpenAI's and Anthropic's APIs.

import { field } from './fields.ts'

/**
 * The model ids of a response, or undefined if it is not a list of models. Some servers send the list without an
 * envelope.
 */
export function readModelList(answer: unknown): readonly string[] | undefined {
	const list: unknown = Array.isArray(answer) ? answer : field(answer, 'data')
	if (!Array.isArray(list)) return undefined
	return list.map((model) => field(model, 'id')).filter((id) => typeof id === 'string')
}
