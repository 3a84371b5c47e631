// Reads a unary `chat.completion` or `text_completion` into events, for upstreams that ignore a request to stream.

import type { ChatEvent } from '../../chat/event.ts'
import { isObject } from '../../chat/json.ts'
import { copyNumbers } from '../../chat/json-text.ts'
import { field, listField } from '../json/fields.ts'

/** A reader of chunks. */
interface ChunkReader {
	read(chunk: unknown): readonly ChatEvent[]
	end(complete: boolean): readonly ChatEvent[]
}

/** Reads a unary answer as one chunk followed by the end. `reader` must not have been used. */
export function readCompletion(body: unknown, reader: ChunkReader): readonly ChatEvent[] {
	return [...reader.read(numberCalls(body)), ...reader.end(true)]
}

/** Calls of a message are identified by their position, those of chunks by their index. */
function numberCalls(body: unknown): unknown {
	if (!isObject(body) || !Array.isArray(body.choices)) return body
	return {
		...body,
		choices: body.choices.map((choice: unknown, index) => {
			const message = field(choice, 'message')
			if (!isObject(choice) || !isObject(message)) return choice
			const calls = listField(message, 'tool_calls').map((call, position) =>
				isObject(call) ? copyNumbers(call, { ...call, index: position }) : call,
			)
			return { index, ...choice, message: copyNumbers(message, { ...message, tool_calls: calls }) }
		}),
	}
}
