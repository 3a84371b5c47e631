// Fields of the request of one turn that are no options of its conversation.

import type { PageTurn, Question } from './turn-tree.ts'

/** Names the response whose tool calls the question answers: the server looks for the calls there. */
export function resultFields({ results }: Question, before: PageTurn | undefined): PageTurn['options'] {
	return results === undefined || before === undefined ? {} : { previous_response_id: `resp_${before.id}` }
}

/** The fields of a request whose answer has probabilities. */
export const probabilityOptions = { include: ['message.output_text.logprobs'], top_logprobs: 5 } as const

/** Those by which the answer of the turn has probabilities, if it has them. */
export function probabilityFields({ options = {} }: PageTurn): PageTurn['options'] {
	const { include, top_logprobs } = options
	return top_logprobs === undefined ? {} : { include, top_logprobs }
}
