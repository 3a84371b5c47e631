// Writes OpenAI's chunks as OpenGateLLM sends them: with the model's public name, and with one more chunk before
// `[DONE]` that reports the usage, whether or not it was requested.

import type { ChatError } from '../../chat/error.ts'
import type { ChatEvent } from '../../chat/event.ts'
import type { Source } from '../../chat/source.ts'
import type { Price } from '../../routing/model.ts'
import { ChatChunkWriter, type ChunkShape } from '../../wire/openai/chat-chunk-writer.ts'
import type { CompletionIdentity } from '../../wire/openai/completion-writer.ts'
import { writeError } from '../../wire/openai/error-writer.ts'
import { writePricedUsage } from './priced-usage.ts'

/** Writes one answer. Pass it the events in order. */
export class UsageChunkWriter {
	private readonly identity: CompletionIdentity
	private readonly price: Price | undefined
	private readonly chunks: ChatChunkWriter

	constructor(identity: CompletionIdentity, price: Price | undefined, shape: ChunkShape) {
		this.identity = identity
		this.price = price
		this.chunks = new ChatChunkWriter(identity, shape)
	}

	write(event: ChatEvent): string {
		if (event.type === 'finish') return this.end(event)
		return event.type === 'error' ? writeErrorEvent(event.error) : this.chunks.write(withPublicName(event))
	}

	repeat(source: Source, events: readonly ChatEvent[]): string {
		const last = events.at(-1)
		if (last?.type !== 'finish' && last?.type !== 'error') return this.chunks.repeat(source, events.map(withPublicName))
		const before = events.slice(0, -1)
		return (before.length === 0 ? '' : this.chunks.repeat(source, before.map(withPublicName))) + this.write(last)
	}

	private end({ usage }: ChatEvent & { type: 'finish' }): string {
		const { id, created, model } = this.identity
		const chunk = {
			id,
			object: 'chat.completion.chunk',
			created,
			model,
			choices: [],
			usage: writePricedUsage({ usage, price: this.price, id, model }),
		}
		return `data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`
	}
}

/** With an event name, as its newer versions send it; OpenAI's SDKs read only the data. */
function writeErrorEvent(error: ChatError): string {
	return `event: error\ndata: ${JSON.stringify({ ...writeError(error).body, detail: error.message })}\n\n`
}

function withPublicName(event: ChatEvent): ChatEvent {
	if (event.type !== 'start' || event.model === undefined) return event
	const { model: _, ...start } = event
	return start
}
