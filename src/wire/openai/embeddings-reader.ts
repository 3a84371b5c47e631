// Reads vectors from servers that speak OpenAI's API: lists of numbers, or base64 of little-endian 32-bit floats.

import { ChatError } from '../../chat/error.ts'
import { countedUsage } from '../../chat/usage.ts'
import type { Embeddings } from '../../operations/embeddings.ts'
import { mapInSteps } from '../../system/resumable.ts'
import { countField, field, listField, textField } from '../json/fields.ts'
import { readUsage } from './usage-reader.ts'

export interface EmbeddingsReading {
	/** The model requested from the upstream. */
	readonly model: string
	readonly inputs: number
	/** The upstream's name for callers, at the start of a sentence. */
	readonly title: string
}

/** @throws ChatError `upstream-failed` unless there is exactly one vector for each input. */
export function readEmbeddings(body: unknown, reading: EmbeddingsReading): Embeddings {
	const vectors: (Float32Array | undefined)[] = Array.from({ length: reading.inputs }, () => undefined)
	const items = listField(body, 'data')
	const own = mapInSteps(items, 'vectors', (item) => readVector(field(item, 'embedding')))
	for (const [position, item] of items.entries()) {
		const index = countField(item, 'index') ?? position
		if (index < reading.inputs) vectors[index] = own[position]
	}
	const whole = vectors.filter((vector) => vector !== undefined)
	if (whole.length < reading.inputs)
		throw new ChatError('upstream-failed', `${reading.title} returned no vectors for some of the inputs.`, {
			sent: 'yes',
		})
	const model = textField(body, 'model')
	return {
		model: model === reading.model ? undefined : model,
		vectors: whole,
		usage: readUsage(field(body, 'usage')) ?? countedUsage(0),
	}
}

function readVector(embedding: unknown): Float32Array | undefined {
	if (typeof embedding === 'string') return readBase64(embedding)
	if (!Array.isArray(embedding) || embedding.length === 0 || embedding.some((value) => typeof value !== 'number'))
		return undefined
	return Float32Array.from(embedding)
}

function readBase64(text: string): Float32Array | undefined {
	const bytes = Buffer.from(text, 'base64')
	if (bytes.length === 0 || bytes.length % 4 !== 0) return undefined
	return Float32Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4))
}
