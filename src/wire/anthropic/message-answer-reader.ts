// Reads a unary response of the Messages API as the equivalent sequence of stream events.

import type { ChatEvent } from '../../chat/event.ts'
import { field, listField } from '../json/fields.ts'

interface MessageEventConsumer {
	read(event: unknown): readonly ChatEvent[]
	end(complete: boolean): readonly ChatEvent[]
}

/** @param reader must be unused. */
export function readMessage(body: unknown, reader: MessageEventConsumer): readonly ChatEvent[] {
	if (field(body, 'type') === 'error') return reader.read(body)
	if (!Array.isArray(field(body, 'content'))) return reader.end(false)
	const delta = { stop_reason: field(body, 'stop_reason'), stop_sequence: field(body, 'stop_sequence') }
	return [
		...reader.read({ type: 'message_start', message: body }),
		...listField(body, 'content').flatMap((content_block, index) => [
			...reader.read({ type: 'content_block_start', index, content_block }),
			...reader.read({ type: 'content_block_stop', index }),
		]),
		...reader.read({ type: 'message_delta', delta, usage: field(body, 'usage') }),
		...reader.read({ type: 'message_stop' }),
	]
}
