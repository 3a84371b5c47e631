// The facts of a call that the writer of its response needs.

import type { ResponseContext } from '../dialects/writer.ts'
import type { Admitted } from './admit.ts'
import type { Serving } from './serving.ts'

export function responseContextOf(
	{ token, turn, model, answersAsConversation }: Admitted,
	{ clock }: Serving,
): ResponseContext {
	return {
		token,
		created: Math.floor(clock.now() / 1000),
		now: () => clock.now(),
		model: model.name,
		price: model.price,
		conversation: turn?.conversation,
		id: answersAsConversation ? turn?.conversation : undefined,
	}
}
