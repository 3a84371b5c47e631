// Writes vectors in the format of OpenAI's API: lists of numbers, or base64 of little-endian 32-bit floats, which SDKs
// request by default.

import type { Embeddings } from '../../operations/embeddings.ts'
import { mapInSteps } from '../../system/resumable.ts'

export function writeEmbeddings(embeddings: Embeddings, model: string, encoding: 'float' | 'base64') {
	return {
		object: 'list',
		data: mapInSteps(embeddings.vectors, 'written', (vector, index) => ({
			object: 'embedding',
			index,
			embedding: encoding === 'float' ? Array.from(vector) : writeBase64(vector),
		})),
		model: embeddings.model ?? model,
		usage: { prompt_tokens: embeddings.usage.promptTokens, total_tokens: embeddings.usage.promptTokens },
	}
}

function writeBase64(vector: Float32Array): string {
	// This server runs on little-endian machines only.
	return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64')
}
