// A whole `chat.completion` or `text_completion` read into events, for upstreams that answer unstreamed what was asked as a stream.

import type { ChatEvent } from '../../chat/event.ts'
import { field, isObject, listField } from './fields.ts'

/** Anything that reads chunks. */
interface ChunkReader {
	read(chunk: unknown): readonly ChatEvent[]
	end(complete: boolean): readonly ChatEvent[]
}

/** A whole answer is one chunk, and the end; `reader` must be fresh. */
export function readCompletion(body: unknown, reader: ChunkReader): readonly ChatEvent[] {
	return [...reader.read(numberCalls(body)), ...reader.end(true)]
}

/** Calls of a message are told apart by their place, those of chunks by their index. */
function numberCalls(body: unknown): unknown {
	if (!isObject(body) || !Array.isArray(body.choices)) return body
	return {
		...body,
		choices: body.choices.map((choice: unknown, index) => {
			const message = field(choice, 'message')
			if (!isObject(choice) || !isObject(message)) return choice
			const calls = listField(message, 'tool_calls').map((call, place) =>
				isObject(call) ? { ...call, index: place } : call,
			)
			return { index, ...choice, message: { ...message, tool_calls: calls } }
		}),
	}
}
