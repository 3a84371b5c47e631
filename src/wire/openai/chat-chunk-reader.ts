// The chunks of a streamed chat completion read into events, whatever liberties the server takes. It reads parsed JSON; where the
// chunks come from it does not know.

import type { ChatError } from '../../chat/error.ts'
import type { ChatEvent, FinishReason } from '../../chat/event.ts'
import { field, isObject, listField, textField } from './fields.ts'
import { readLogprobs } from './logprobs-reader.ts'
import { type AnswerReading, type ChoiceReader, OpenAnswer } from './open-answer.ts'
import { ToolCallReader } from './tool-call-reader.ts'

export interface ChatAnswerReading extends AnswerReading {
	/** The request named the tool to call: then `stop` is how a call ends, as at OpenAI. */
	readonly namedTool: boolean
	/** An id for a call that the upstream gave none. */
	readonly newCallId: () => string
}

/** Reads one answer; feed it the chunks in order. */
export class ChatChunkReader {
	private readonly answer: OpenAnswer

	constructor(reading: ChatAnswerReading) {
		this.answer = new OpenAnswer(reading, new ChatChoiceReader(reading))
	}

	/** The events of one parsed chunk: none, one or several. An upstream's error is an `error` event. */
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

class ChatChoiceReader implements ChoiceReader {
	private readonly reading: ChatAnswerReading
	private readonly calls = new Map<number, ToolCallReader>()

	constructor(reading: ChatAnswerReading) {
		this.reading = reading
	}

	/** A whole answer's choices have a `message` where chunks have a `delta`, and the same within. */
	readParts(choice: unknown, index: number): readonly ChatEvent[] {
		const delta = field(choice, 'delta') ?? field(choice, 'message')
		const parts: ChatEvent[] = []
		this.readReasoning(delta, index, parts)
		this.readText(delta, choice, index, parts)
		const refusal = textField(delta, 'refusal')
		if (refusal !== undefined) parts.push({ type: 'refusal', choice: index, text: refusal })
		this.readCalls(delta, index, parts)
		return parts
	}

	close(index: number, reason: FinishReason) {
		const calls = this.calls.get(index)
		if (calls === undefined || calls.count === 0)
			return { parts: [], reason: reason === 'tool-calls' ? 'stop' : reason } as const
		return { parts: calls.end(), reason: reason === 'stop' && !this.reading.namedTool ? 'tool-calls' : reason }
	}

	/** DeepSeek and vLLM say `reasoning_content`, OpenRouter and Ollama `reasoning`; some say both alike. */
	private readReasoning(delta: unknown, choice: number, parts: ChatEvent[]): void {
		const text = textField(delta, 'reasoning_content') ?? textField(delta, 'reasoning')
		if (text !== undefined) parts.push({ type: 'reasoning', choice, text })
	}

	private readText(delta: unknown, choice: unknown, index: number, parts: ChatEvent[]): void {
		const text = readContent(field(delta, 'content'))
		const logprobs = readLogprobs(field(choice, 'logprobs'))
		const calls = listField(delta, 'tool_calls').length > 0
		if (logprobs.length > 0 && (text !== '' || (parts.length === 0 && !calls)))
			parts.push({ type: 'text', choice: index, text, logprobs })
		else if (text !== '') parts.push({ type: 'text', choice: index, text })
	}

	private readCalls(delta: unknown, choice: number, parts: ChatEvent[]): void {
		const legacy = field(delta, 'function_call')
		const deltas = isObject(legacy) ? [{ index: 0, function: legacy }] : listField(delta, 'tool_calls')
		if (deltas.length === 0) return
		let calls = this.calls.get(choice)
		if (calls === undefined) {
			calls = new ToolCallReader(choice, this.reading.newCallId)
			this.calls.set(choice, calls)
		}
		for (const one of deltas) parts.push(...calls.read(one))
	}
}

/** A text, or the text parts of a list. */
function readContent(content: unknown): string {
	if (typeof content === 'string') return content
	if (!Array.isArray(content)) return ''
	return content.map((part) => (field(part, 'type') === 'text' ? (textField(part, 'text') ?? '') : '')).join('')
}
