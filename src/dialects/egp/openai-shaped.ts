// The later generation: OpenAI's API, except that streams end without `[DONE]`, because its official client parses
// every line as JSON.

import type { ChatEvent } from '../../chat/event.ts'
import type { Source } from '../../chat/source.ts'
import { readChatRequest } from '../../wire/openai/chat-request-reader.ts'
import { chatRequestSchema } from '../../wire/openai/chat-request-schema.ts'
import type { Call, Route } from '../dialect.ts'
import { chatWriter } from '../openai-family/chat-writer.ts'
import { textCompletionsRoute } from '../openai-family/text-completions.ts'
import type { StreamWriter } from '../writer.ts'
import { accountOf } from './account.ts'

export const laterChat: readonly Route[] = ['/v4/beta/chat/completions', '/v5/chat/completions'].map((path) => ({
	method: 'POST',
	path,
	bodySchema: chatRequestSchema,
	read({ body, headers }): Call {
		const { request, stream, violation, ...shape } = readChatRequest(body)
		return {
			type: 'chat',
			request,
			stream,
			violation,
			...accountOf(headers),
			writer: chatWriter(shape, 'chatcmpl', (chunks) => new WithoutEndMark(chunks)),
		}
	},
}))

export const laterCompletions = textCompletionsRoute({
	path: '/v5/completions',
	adaptStream: (chunks) => new WithoutEndMark(chunks),
})

const end = 'data: [DONE]\n\n'

/** A stream in OpenAI's format without the end mark. */
class WithoutEndMark implements StreamWriter {
	private readonly writer: StreamWriter

	constructor(writer: StreamWriter) {
		this.writer = writer
	}

	write(event: ChatEvent): string {
		return cut(this.writer.write(event))
	}

	repeat(source: Source, events: readonly ChatEvent[]): string {
		const { writer } = this
		return cut(writer.repeat?.(source, events) ?? events.map((event) => writer.write(event)).join(''))
	}
}

function cut(text: string): string {
	return text.endsWith(end) ? text.slice(0, -end.length) : text
}
