// POST …/completions of the versions 1 to 4: completes a prompt.

import type { ImagePart } from '../../chat/message.ts'
import { schemaError } from '../../wire/openai/schema-error.ts'
import type { Call, Route } from '../dialect.ts'
import { accountOf } from './account.ts'
import { readPlainRequest } from './chat-request.ts'
import { completionSchema, type SentImage } from './chat-schema.ts'
import { droppedOfTurn } from './dropped-fields.ts'
import { completionEnvelope, envelopeWriter } from './envelope-writer.ts'

/** Most of their models are chat models: the prompt becomes a message of the user. */
export const completions: readonly Route[] = ['/v1', '/v2', '/v3', '/v4'].map((version) => ({
	method: 'POST',
	path: `${version}/completions`,
	bodySchema: completionSchema,
	read({ body, headers }): Call {
		const parsed = completionSchema.safeParse(body)
		if (!parsed.success) throw schemaError(parsed.error, body)
		const { model, prompt, images, model_parameters: given, stream } = parsed.data
		const content = [{ type: 'text', text: prompt } as const, ...(images ?? []).map(readImage)]
		const request = readPlainRequest(model, [{ role: 'user', content }], given ?? {})
		return {
			type: 'chat',
			request,
			stream: stream ?? false,
			writer: envelopeWriter(completionEnvelope, 'stop'),
			dropped: droppedOfTurn(parsed.data, completionSchema.shape),
			...accountOf(headers, parsed.data),
		}
	},
}))

/** Unknown values of `detail` are ignored. */
function readImage({ image_url: url, detail }: SentImage): ImagePart {
	const known = detail === 'low' || detail === 'high' || detail === 'auto'
	return { type: 'image', url, detail: known ? detail : undefined }
}
