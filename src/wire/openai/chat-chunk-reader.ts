// Reads the chunks of a streamed chat completion into events. It is independent of the transport, and of the fields
// that chunks have.

import type { ChatError } from '../../chat/error.ts'
import type { ChatEvent, FinishReason } from '../../chat/event.ts'
import { finishReasonWith, type ReportedFinish } from '../json/finish-reason.ts'
import { type ChatChoice, ChatChunk, parseChatChunk } from './chat-chunk.ts'
import { ChoiceParts } from './choice-parts.ts'
import { type ChoiceReader, type ChunkReading, ChunkSequencer, type ParsedChunk } from './chunk-sequencer.ts'

export interface ChatChunkReading extends ChunkReading {
	/** The request forced a named tool: OpenAI then ends a call with `stop`. */
	readonly namedTool: boolean
	/** Creates an id for a call that has none from the upstream. */
	readonly newCallId: () => string
}

/** Reads one answer. Pass it the chunks in order. */
export class ChatChunkReader {
	private readonly sequencer: ChunkSequencer<ChatChoice>

	constructor(reading: ChatChunkReading) {
		this.sequencer = new ChunkSequencer(reading, new ChatChoiceReader(reading))
	}

	/** Examines parsed JSON. The writers of this format take the result as the value of the events' source. */
	readonly parse = parseChatChunk

	/**
	 * The events of one chunk, parsed or not: none, one or several. An upstream error becomes an `error` event.
	 *
	 * @param text that the chunk was parsed from.
	 */
	read(chunk: unknown, text?: string): readonly ChatEvent[] {
		return this.sequencer.read(chunk instanceof ChatChunk ? chunk : parseChatChunk(chunk), text)
	}

	/** The chunk of a choice's `choice-finish`, which is reported at the end, if the chunk has nothing else. */
	sourceOf(choice: number): ParsedChunk | undefined {
		return this.sequencer.sourceOf(choice)
	}

	/** The events at the end of the stream. `complete`: the stream contained `[DONE]`. */
	end(complete: boolean): readonly ChatEvent[] {
		return this.sequencer.end(complete)
	}

	/** The events that end the answer because of `error`, which did not come from the stream. */
	fail(error: ChatError): readonly ChatEvent[] {
		return this.sequencer.fail(error)
	}
}

class ChatChoiceReader implements ChoiceReader<ChatChoice> {
	private readonly reading: ChatChunkReading
	private readonly choices = new Map<number, ChoiceParts>()

	constructor(reading: ChatChunkReading) {
		this.reading = reading
	}

	readParts(choice: ChatChoice, into: ChatEvent[]): boolean {
		const { reasoning, text, logprobs, refusal, calls } = choice
		const hasLogprobs = logprobs.length > 0 && (text !== '' || (reasoning === undefined && !choice.hasToolCalls))
		const hasText = text !== '' || hasLogprobs
		if (reasoning === undefined && !hasText && refusal === undefined && calls.length === 0) return false
		const parts = this.partsOf(choice.index)
		if (reasoning !== undefined) parts.add('reasoning', { text: reasoning }, into)
		if (hasText) parts.add('text', { text, logprobs: hasLogprobs ? logprobs : undefined }, into)
		if (refusal !== undefined) parts.add('refusal', { text: refusal }, into)
		for (const one of calls) parts.addCall(one, into)
		return true
	}

	close(index: number, reason: ReportedFinish, into: ChatEvent[]): FinishReason {
		const parts = this.choices.get(index)
		parts?.endAll(into)
		return finishReasonWith(parts?.callCount ?? 0, reason, this.reading.namedTool)
	}

	private partsOf(index: number): ChoiceParts {
		let parts = this.choices.get(index)
		if (parts === undefined) {
			parts = new ChoiceParts(index, this.reading.newCallId)
			this.choices.set(index, parts)
		}
		return parts
	}
}
