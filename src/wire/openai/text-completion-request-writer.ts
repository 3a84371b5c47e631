// Writes a canonical request for a plain continuation as the body of POST /completions.

import type { JsonObject } from '../../chat/json.ts'
import type { Drop } from '../../chat/request-fates.ts'
import type { TextCompletionFates, TextCompletionRequest } from '../../operations/text-completions.ts'
import type { FormFor } from './chat-request-form.ts'
import { writeSampling, writeStreaming } from './chat-request-writer.ts'
import { writeTexts } from './embeddings-request-writer.ts'
import { writeUser } from './user-writer.ts'

/**
 * @param model the upstream's name of the model.
 * @param stream whether to request a streaming response.
 * @param drop is called for content that the server does not accept.
 * @throws ChatError `unsupported` if texts and token ids are mixed.
 */
export function writeTextCompletionRequest(
	request: TextCompletionRequest,
	model: string,
	form: FormFor<'streaming' | 'user'>,
	stream: boolean,
	drop: Drop = () => {},
): JsonObject {
	return {
		...request.passthrough,
		model,
		prompt: writeTexts(request.prompts, 'prompt'),
		max_tokens: request.maxTokens,
		...writeStreaming(form, stream),
		...writeSampling(request.sampling),
		stop: request.stop.length === 0 ? undefined : request.stop,
		n: request.choices === 1 ? undefined : request.choices,
		echo: request.echo || undefined,
		logprobs: request.logprobs?.top,
		suffix: request.suffix,
		user: request.user === undefined ? undefined : writeUser(request.user, form, drop),
	}
}

/** How this wire expresses each field of a request. */
export const textCompletionRequestFates = {
	model: 'written',
	prompts: 'written',
	maxTokens: 'written',
	temperature: 'written',
	topP: 'written',
	topK: 'written',
	minP: 'written',
	frequencyPenalty: 'written',
	presencePenalty: 'written',
	repetitionPenalty: 'written',
	logitBias: 'written',
	seed: 'written',
	stop: 'written',
	choices: 'written',
	echo: 'written',
	logprobs: 'written',
	suffix: 'written',
	user: 'written',
	passthrough: 'written',
} as const satisfies TextCompletionFates
