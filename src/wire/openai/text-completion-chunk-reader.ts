// Reads the chunks of a streamed legacy completion into events. A unary `text_completion` is the same object, so it is
// one chunk.

import type { ChatError } from '../../chat/error.ts'
import type { ChatEvent, FinishReason, TokenLogprob } from '../../chat/event.ts'
import { PartSequencer } from '../../chat/part-sequencer.ts'
import { asText } from '../json/fields.ts'
import { finishReasonWith, type ReportedFinish } from '../json/finish-reason.ts'
import { Chunk, ChunkChoice } from './chunk.ts'
import { type ChoiceReader, type ChunkReading, ChunkSequencer } from './chunk-sequencer.ts'
import { readTokenLists } from './logprobs-reader.ts'

/** Reads one answer. Pass it the chunks in order. */
export class TextCompletionChunkReader {
	private readonly sequencer: ChunkSequencer<TextChoice>

	constructor(reading: ChunkReading) {
		this.sequencer = new ChunkSequencer(reading, new TextChoiceReader())
	}

	/** The events of one parsed chunk. An upstream error becomes an `error` event. */
	read(chunk: unknown): readonly ChatEvent[] {
		return this.sequencer.read(new Chunk(chunk, parseChoice))
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

class TextChoice extends ChunkChoice {
	readonly text: string
	readonly logprobs: readonly TokenLogprob[]

	constructor(value: unknown) {
		super(value)
		this.text = asText(this.sent.text) ?? ''
		this.logprobs = readTokenLists(this.sent.logprobs)
	}
}

function parseChoice(value: unknown): TextChoice {
	return new TextChoice(value)
}

class TextChoiceReader implements ChoiceReader<TextChoice> {
	private readonly choices = new Map<number, PartSequencer<'text'>>()

	readParts({ index, text, logprobs }: TextChoice, into: ChatEvent[]): boolean {
		if (text === '' && logprobs.length === 0) return false
		let parts = this.choices.get(index)
		if (parts === undefined) {
			parts = new PartSequencer(index)
			this.choices.set(index, parts)
			parts.start('text', { type: 'text' }, into)
		}
		parts.delta('text', { text, logprobs: logprobs.length > 0 ? logprobs : undefined }, into)
		return true
	}

	/** A legacy completion has no tool calls. */
	close(index: number, reason: ReportedFinish, into: ChatEvent[]): FinishReason {
		this.choices.get(index)?.endAll(into)
		return finishReasonWith(0, reason, false)
	}
}
