// A canonical request for vectors written as the body of POST /embeddings.

import { ChatError } from '../../chat/error.ts'
import type { JsonObject } from '../../chat/json.ts'
import type { EmbeddingRequest } from '../../operations/embeddings.ts'

/**
 * @param model what the upstream calls the model.
 * @param encoding how vectors are to come back; `base64` is a quarter of the bytes, `float` is known to every server.
 * @throws ChatError `unsupported` where texts and token ids are mixed.
 */
export function writeEmbeddingsRequest(
	request: EmbeddingRequest,
	model: string,
	encoding: 'float' | 'base64',
): JsonObject {
	return {
		model,
		input: writeTexts(request.inputs, 'input'),
		encoding_format: encoding,
		dimensions: request.dimensions,
		user: request.user,
	}
}

/** The wire has a list of texts and a list of lists of token ids, and none of both. */
export function writeTexts(
	texts: readonly (string | readonly number[])[],
	param: string,
): readonly string[] | readonly (readonly number[])[] {
	const written = texts.filter((one) => typeof one === 'string')
	if (written.length === texts.length) return written
	const tokens = texts.filter((one) => typeof one !== 'string')
	if (tokens.length === texts.length) return tokens
	throw new ChatError('unsupported', `Texts and token ids cannot be mixed in '${param}'.`, { param })
}
