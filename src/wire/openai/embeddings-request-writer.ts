// Writes a canonical embeddings request as the body of POST /embeddings.

import { ChatError } from '../../chat/error.ts'
import type { JsonObject } from '../../chat/json.ts'
import type { Drop } from '../../chat/request-fates.ts'
import type { EmbeddingRequest } from '../../operations/embeddings.ts'
import { defaultChatRequestForm } from './chat-request-form.ts'
import { type UserForm, writeUser } from './user-writer.ts'

/**
 * @param model the upstream's name of the model.
 * @param encoding the encoding of the returned vectors: `base64` takes a quarter of the bytes, every server supports
 * `float`.
 * @param drop is called for content that the server does not accept.
 * @throws ChatError `unsupported` if texts and token ids are mixed.
 */
export function writeEmbeddingsRequest(
	request: EmbeddingRequest,
	model: string,
	encoding: 'float' | 'base64',
	form: UserForm = defaultChatRequestForm,
	drop: Drop = () => {},
): JsonObject {
	return {
		model,
		input: writeTexts(request.inputs, 'input'),
		encoding_format: encoding,
		dimensions: request.dimensions,
		user: request.user === undefined ? undefined : writeUser(request.user, form, drop),
	}
}

/** The wire accepts a list of texts or a list of token id lists, not a mixture. */
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
