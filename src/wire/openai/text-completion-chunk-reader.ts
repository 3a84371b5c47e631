// The chunks of a streamed legacy completion read into events. A whole `text_completion` is the same object, so it is one chunk.

import type { ChatError } from '../../chat/error.ts'
import type { ChatEvent, FinishReason } from '../../chat/event.ts'
import { field, textField } from './fields.ts'
import { readTokenLists } from './logprobs-reader.ts'
import { type AnswerReading, OpenAnswer } from './open-answer.ts'

/** Reads one answer; feed it the chunks in order. */
export class TextCompletionChunkReader {
	private readonly answer: OpenAnswer

	constructor(reading: AnswerReading) {
		this.answer = new OpenAnswer(reading, { readParts, close: (_, reason) => ({ parts: [], reason: plain(reason) }) })
	}

	/** The events of one parsed chunk. An upstream's error is an `error` event. */
	read(chunk: unknown): readonly ChatEvent[] {
		return this.answer.read(chunk)
	}

	/** The events at the end of the stream; `complete` where `[DONE]` was seen. */
	end(complete: boolean): readonly ChatEvent[] {
		return this.answer.end(complete)
	}

	/** The events for an answer that `error` ended from outside. */
	fail(error: ChatError): readonly ChatEvent[] {
		return this.answer.fail(error)
	}
}

function readParts(value: unknown, choice: number): readonly ChatEvent[] {
	const text = textField(value, 'text') ?? ''
	const logprobs = readTokenLists(field(value, 'logprobs'))
	if (logprobs.length > 0) return [{ type: 'text', choice, text, logprobs }]
	return text === '' ? [] : [{ type: 'text', choice, text }]
}

/** A plain continuation calls no tools. */
function plain(reason: FinishReason): FinishReason {
	return reason === 'tool-calls' ? 'stop' : reason
}
