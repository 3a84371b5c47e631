// POST /completions, in OpenAI's format.

import { readTextCompletionRequest } from '../../wire/openai/text-completion-request-reader.ts'
import { TextCompletionChunkWriter, writeTextCompletion } from '../../wire/openai/text-completion-writer.ts'
import type { ResponseContext, Route } from '../dialect.ts'
import { writeErrorBody } from './error-writer.ts'
import { priorityOf } from './priority.ts'

export const completions: Route = {
	method: 'POST',
	path: '/completions',
	read({ body, query }) {
		const { request, stream, includeUsage } = readTextCompletionRequest(body)
		return {
			type: 'complete',
			request,
			stream,
			writer: {
				completion: (completion, identity) => writeTextCompletion(completion, identify(identity)),
				stream(identity) {
					const chunks = new TextCompletionChunkWriter(identify(identity), includeUsage)
					return {
						write: (event) =>
							event.type === 'error' ? `data: ${JSON.stringify(writeErrorBody(event.error))}\n\n` : chunks.write(event),
					}
				},
			},
			...priorityOf(query()),
		}
	},
}

function identify({ token, created, model }: ResponseContext) {
	return { id: `cmpl-${token}`, created, model }
}
