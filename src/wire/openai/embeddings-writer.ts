// Writes vectors in the format of OpenAI's API: lists of numbers, or base64 of little-endian 32-bit floats, which SDKs
// request by default.

import type { Embeddings } from '../../operations/embeddings.ts'

export function writeEmbeddings(embeddings: Embeddings, model: string, encoding: 'float' | 'base64') {
	return {
		object: 'list',
		data: embeddings.vectors.map((vector, index) => ({
			object: 'embedding',
			index,
			embedding: encoding === 'float' ? Array.from(vector) : writeBase64(vector),
		})),
		model: embeddings.model ?? model,
		usage: { prompt_tokens: embeddings.usage.promptTokens, total_tokens: embeddings.usage.promptTokens },
	}
}

function writeBase64(vector: Float32Array): string {
	const bytes = Buffer.alloc(vector.length * 4)
	for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4)
	return bytes.toString('base64')
}
