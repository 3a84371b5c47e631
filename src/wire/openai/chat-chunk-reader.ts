// Reads the chunks of a streamed chat completion into events. It is independent of the transport, and of the fields
// that chunks have.

import type { ChatError } from '../../chat/error.ts'
import type { ChatEvent } from '../../chat/event.ts'
import { finishReasonWith, type ReportedFinish } from '../json/finish-reason.ts'
import { ToolCallAssembler } from '../json/tool-call-assembler.ts'
import { type ChatChoice, ChatChunk, parseChatChunk } from './chat-chunk.ts'
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
	private readonly calls = new Map<number, ToolCallAssembler>()

	constructor(reading: ChatChunkReading) {
		this.reading = reading
	}

	readParts(choice: ChatChoice): readonly ChatEvent[] {
		const { index, reasoning, text, logprobs, refusal } = choice
		const parts: ChatEvent[] = []
		if (reasoning !== undefined) parts.push({ type: 'reasoning', choice: index, text: reasoning })
		if (logprobs.length > 0 && (text !== '' || (reasoning === undefined && !choice.hasToolCalls)))
			parts.push({ type: 'text', choice: index, text, logprobs })
		else if (text !== '') parts.push({ type: 'text', choice: index, text })
		if (refusal !== undefined) parts.push({ type: 'refusal', choice: index, text: refusal })
		if (choice.calls.length > 0) this.readCalls(choice, parts)
		return parts
	}

	close(index: number, reason: ReportedFinish) {
		const calls = this.calls.get(index)
		return {
			parts: calls?.end() ?? [],
			reason: finishReasonWith(calls?.count ?? 0, reason, this.reading.namedTool),
		}
	}

	private readCalls({ index, calls: deltas }: ChatChoice, parts: ChatEvent[]): void {
		let calls = this.calls.get(index)
		if (calls === undefined) {
			calls = new ToolCallAssembler(index, this.reading.newCallId)
			this.calls.set(index, calls)
		}
		for (const one of deltas) parts.push(...calls.read(one))
	}
}
