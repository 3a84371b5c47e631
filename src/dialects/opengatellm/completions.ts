// POST /completions, which OpenGateLLM had until version 0.2.

import { readTextCompletionRequest } from '../../wire/openai/text-completion-request-reader.ts'
import { TextCompletionChunkWriter, writeTextCompletion } from '../../wire/openai/text-completion-writer.ts'
import type { ResponseContext, Route } from '../dialect.ts'

export const completions: Route = {
	method: 'POST',
	path: '/completions',
	read({ body }) {
		const { request, stream, includeUsage } = readTextCompletionRequest(body)
		return {
			type: 'complete',
			request,
			stream,
			writer: {
				completion: (completion, identity) => writeTextCompletion(completion, identify(identity)),
				stream: (identity) => new TextCompletionChunkWriter(identify(identity), includeUsage),
			},
		}
	},
}

function identify({ token, created, model }: ResponseContext) {
	return { id: `cmpl-${token}`, created, model }
}
