// POST /completions: OpenAI's, with this API's errors in streams.

import { textCompletionsRoute } from '../openai-family/text-completions.ts'
import { writeErrorBody } from './error-writer.ts'
import { priorityOf } from './priority.ts'

export const completions = textCompletionsRoute({
	adaptStream: (chunks) => ({
		write: (event) =>
			event.type === 'error' ? `data: ${JSON.stringify(writeErrorBody(event.error))}\n\n` : chunks.write(event),
	}),
	options: ({ query }) => priorityOf(query()),
})
