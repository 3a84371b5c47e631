// Reads the chunks of a streamed chat completion into events, and tolerates the deviations of compatible servers. It reads parsed JSON
// and is independent of the transport.

import type { ChatError } from '../../chat/error.ts'
import type { ChatEvent, FinishReason } from '../../chat/event.ts'
import { isObject } from '../../chat/json.ts'
import { field, listField, textField } from '../json/fields.ts'
import { finishReasonWith, ToolCallAssembler } from '../json/tool-call-assembler.ts'
import { type ChoiceReader, type ChunkReading, ChunkSequencer } from './chunk-sequencer.ts'
import { readLogprobs } from './logprobs-reader.ts'

export interface ChatChunkReading extends ChunkReading {
	/** The request forced a named tool: OpenAI then ends a call with `stop`. */
	readonly namedTool: boolean
	/** Creates an id for a call that has none from the upstream. */
	readonly newCallId: () => string
}

/** Reads one answer. Pass it the chunks in order. */
export class ChatChunkReader {
	private readonly answer: ChunkSequencer

	constructor(reading: ChatChunkReading) {
		this.answer = new ChunkSequencer(reading, new ChatChoiceReader(reading))
	}

	/** The events of one parsed chunk: none, one or several. An upstream error becomes an `error` event. */
	read(chunk: unknown): readonly ChatEvent[] {
		return this.answer.read(chunk)
	}

	/** The events at the end of the stream. `complete`: the stream contained `[DONE]`. */
	end(complete: boolean): readonly ChatEvent[] {
		return this.answer.end(complete)
	}

	/** The events that end the answer because of `error`, which did not come from the stream. */
	fail(error: ChatError): readonly ChatEvent[] {
		return this.answer.fail(error)
	}
}

class ChatChoiceReader implements ChoiceReader {
	private readonly reading: ChatChunkReading
	private readonly calls = new Map<number, ToolCallAssembler>()

	constructor(reading: ChatChunkReading) {
		this.reading = reading
	}

	/** Choices of a unary answer have a `message`, those of chunks a `delta`, with the same fields. */
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
		return {
			parts: calls?.end() ?? [],
			reason: finishReasonWith(calls?.count ?? 0, reason, this.reading.namedTool),
		}
	}

	/** DeepSeek and vLLM send `reasoning_content`, OpenRouter and Ollama `reasoning`; some servers send both with the same text. */
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
			calls = new ToolCallAssembler(choice, this.reading.newCallId)
			this.calls.set(choice, calls)
		}
		for (const one of deltas) parts.push(...calls.read(one))
	}
}

/** The text of a string, or of the text parts of a list. */
function readContent(content: unknown): string {
	if (typeof content === 'string') return content
	if (!Array.isArray(content)) return ''
	return content.map((part) => (field(part, 'type') === 'text' ? (textField(part, 'text') ?? '') : '')).join('')
}
