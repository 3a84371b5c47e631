// Adds the unknown fields of an upstream's chunk to the chunks that were written for its events, so that none is lost
// and each is sent once. It does not know how chunks are written.

import { isObject } from '../../chat/json.ts'
import { parseJson, stringifyJson } from '../../chat/json-text.ts'
import { hasOwnContent, knownFields, type WrittenChoice, withAnswerFields, withChoiceFields } from './answer-fields.ts'
import type { ChatChunk } from './chat-chunk.ts'

interface WrittenChunk {
	/** One, or none. */
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
	const events = readWritten(written)
	for (const choice of chunk.choices ?? []) {
		if (!choice.hasUnknownFields) continue
		let at = lastChunk(events, choice.index)
		if (at === -1 && choice.hasOwnFields) at = append(events, emptyChunk(choice.index))
		const ours = events[at]
		if (typeof ours === 'object')
			events[at] = { ...ours, choices: ours.choices.map((one) => withChoiceFields(one, choice.sent)) }
	}
	let at = lastChunk(events)
	if (at === -1 && hasOwnContent(chunk.sent, knownFields.answer))
		at = append(events, emptyChunk(chunk.choices?.[0]?.index ?? 0))
	const last = events[at]
	if (typeof last === 'object') events[at] = withAnswerFields(last, chunk.sent)
	return events.map((event) => `data: ${typeof event === 'string' ? event : stringifyJson(event)}\n\n`).join('')
}

/** The data of the events: chunks, and the text of others. */
function readWritten(written: string): (WrittenChunk | string)[] {
	return written
		.split('\n\n')
		.filter((event) => event !== '')
		.map((event) => {
			const data = event.slice('data: '.length)
			const value = data.startsWith('{') ? parseJson(data) : undefined
			return isChunk(value) ? value : data
		})
}

/** Of what we write, only chunks have choices. */
function isChunk(value: unknown): value is WrittenChunk {
	return isObject(value) && Array.isArray(value.choices)
}

/** The position of the last chunk of a choice, or of any; -1 if there is none. */
function lastChunk(events: readonly (WrittenChunk | string)[], choice?: number): number {
	return events.findLastIndex((event) => {
		const [first] = typeof event === 'string' ? [] : event.choices
		return first !== undefined && (choice === undefined || first.index === choice)
	})
}

/** Adds chunks. @returns the position of the last one; -1 if there is none. */
function append(events: (WrittenChunk | string)[], written: string | undefined): number {
	if (written === undefined) return -1
	events.push(...readWritten(written))
	return events.length - 1
}
