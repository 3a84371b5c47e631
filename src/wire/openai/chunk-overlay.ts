// Adds the unknown fields of an upstream's chunk to the chunks that were written for its events, so that none is lost
// and each is sent once. It does not know how chunks are written.

import { isObject } from '../../chat/json.ts'
import { asList } from '../json/fields.ts'
import { addAnswerFields, addChoiceFields, hasOwnContent, knownFields, type WrittenChoice } from './answer-fields.ts'
import type { ChatChunk } from './chat-chunk.ts'

interface WrittenChunk {
	readonly choices: readonly WrittenChoice[]
}

/**
 * @param written server-sent events, each terminated by an empty line.
 * @param emptyChunk writes a chunk of a choice without content; undefined for a choice that the client does not receive.
 */
export function overlayChunks(
	written: string,
	chunk: ChatChunk,
	emptyChunk: (choice: number) => string | undefined,
): string {
	if (!chunk.hasUnknownFields) return written
	const chunks = new WrittenChunks(written)
	for (const choice of chunk.choices ?? []) {
		if (!choice.hasUnknownFields) continue
		const ours = chunks.find(choice.index) ?? (choice.hasOwnFields ? chunks.add(emptyChunk(choice.index)) : undefined)
		const [target] = ours?.choices ?? []
		if (target !== undefined) addChoiceFields(target, choice.sent)
	}
	const first = chunk.choices?.[0]?.index ?? 0
	const hasOwn = hasOwnContent(chunk.sent, knownFields.answer)
	const last = chunks.find() ?? (hasOwn ? chunks.add(emptyChunk(first)) : undefined)
	if (last !== undefined) addAnswerFields(last, chunk.sent)
	return chunks.text
}

class WrittenChunks {
	/** Text for events that are no chunks, such as the end of the stream. */
	private readonly events: (WrittenChunk | string)[] = []

	constructor(written: string) {
		this.append(written)
	}

	/** The last chunk with content, or the last of a choice. */
	find(choice?: number): WrittenChunk | undefined {
		const found = this.events.findLast(
			(event) =>
				typeof event !== 'string' &&
				event.choices[0] !== undefined &&
				(choice === undefined || event.choices[0].index === choice),
		)
		return typeof found === 'string' ? undefined : found
	}

	/** Adds chunks, and returns the last of them. */
	add(written: string | undefined): WrittenChunk | undefined {
		if (written === undefined) return undefined
		this.append(written)
		return this.find()
	}

	get text(): string {
		return this.events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join('')
	}

	private append(written: string): void {
		for (const event of written.split('\n\n')) {
			if (event === '') continue
			const data = event.slice('data: '.length)
			const value: unknown = data.startsWith('{') ? JSON.parse(data) : undefined
			this.events.push(isChunk(value) ? value : data)
		}
	}
}

/** Of what we wrote, only chunks have choices. */
function isChunk(value: unknown): value is WrittenChunk {
	return isObject(value) && asList(value.choices).every(isObject) && Array.isArray(value.choices)
}
