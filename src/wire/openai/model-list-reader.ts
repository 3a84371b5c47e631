// The answer to GET /models, which OpenAI's and Anthropic's APIs write alike.

import { field } from './fields.ts'

/** The ids of an answer's models, or undefined if the answer is no list of models. Some servers write the list without an envelope. */
export function readModelList(answer: unknown): readonly string[] | undefined {
	const list: unknown = Array.isArray(answer) ? answer : field(answer, 'data')
	if (!Array.isArray(list)) return undefined
	return list.map((model) => field(model, 'id')).filter((id) => typeof id === 'string')
}
