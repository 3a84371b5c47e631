// A canonical request for a plain continuation written as the body of POST /completions.

import type { JsonObject } from '../../chat/json.ts'
import type { TextCompletionRequest } from '../../text-completions/text-completions.ts'
import { writeSampling } from './chat-request-writer.ts'
import { writeTexts } from './embeddings-request-writer.ts'

/**
 * @param model what the upstream calls the model.
 * @throws ChatError `unsupported` where texts and token ids are mixed.
 */
export function writeTextCompletionRequest(request: TextCompletionRequest, model: string): JsonObject {
	return {
		...request.passthrough,
		model,
		prompt: writeTexts(request.prompts, 'prompt'),
		max_tokens: request.maxTokens,
		stream: true,
		stream_options: { include_usage: true },
		...writeSampling(request.sampling),
		...(request.stop.length === 0 ? {} : { stop: request.stop }),
		...(request.choices === 1 ? {} : { n: request.choices }),
		...(request.echo ? { echo: true } : {}),
		...(request.logprobs === undefined ? {} : { logprobs: request.logprobs.top }),
		suffix: request.suffix,
		user: request.user,
	}
}
