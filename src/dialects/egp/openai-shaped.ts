// The later generation: OpenAI's API, except that streams end without `[DONE]`, because its official client parses every line as JSON.

import type { ChatEvent } from '../../chat/event.ts'
import type { Source } from '../../chat/source.ts'
import { ChatChunkWriter } from '../../wire/openai/chat-chunk-writer.ts'
import { readChatRequest } from '../../wire/openai/chat-request-reader.ts'
import { writeCompletion } from '../../wire/openai/completion-writer.ts'
import { readTextCompletionRequest } from '../../wire/openai/text-completion-request-reader.ts'
import { TextCompletionChunkWriter, writeTextCompletion } from '../../wire/openai/text-completion-writer.ts'
import type { Call, ResponseContext, Route, StreamWriter } from '../dialect.ts'
import { accountOf } from './account.ts'

export const laterChat: readonly Route[] = ['/v4/beta/chat/completions', '/v5/chat/completions'].map((path) => ({
	method: 'POST',
	path,
	read({ body, headers }): Call {
		const { request, stream, ...shape } = readChatRequest(body)
		return {
			type: 'chat',
			request,
			stream,
			...accountOf(headers),
			writer: {
				completion: (completion, identity, source) =>
					writeCompletion(completion, identify(identity, 'chatcmpl'), shape, source),
				stream: (identity) => new WithoutEndMark(new ChatChunkWriter(identify(identity, 'chatcmpl'), shape)),
			},
		}
	},
}))

export const laterCompletions: Route = {
	method: 'POST',
	path: '/v5/completions',
	read({ body }) {
		const { request, stream, includeUsage } = readTextCompletionRequest(body)
		return {
			type: 'complete',
			request,
			stream,
			writer: {
				completion: (completion, identity) => writeTextCompletion(completion, identify(identity, 'cmpl')),
				stream: (identity) =>
					new WithoutEndMark(new TextCompletionChunkWriter(identify(identity, 'cmpl'), includeUsage)),
			},
		}
	},
}

function identify({ token, created, model }: ResponseContext, prefix: string) {
	return { id: `${prefix}-${token}`, created, model }
}

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
