// Reads the chunks of a streamed chat completion into events. It is independent of the transport, and of the fields
// that chunks have.

import type { ChatError } from '../../chat/error.ts'
import type { ChatEvent, FinishReason, PartDeltaEvent } from '../../chat/event.ts'
import { isObject } from '../../chat/json.ts'
import { finishReasonWith, type ReportedFinish } from '../json/finish-reason.ts'
import type { CallFields } from '../json/tool-call-assembler.ts'
import type { TextPiece } from './answer-content.ts'
import { type ChatChoice, ChatChunk, parseChatChunk } from './chat-chunk.ts'
import { ChoiceParts } from './choice-parts.ts'
import { type ChoiceReader, type ChunkReading, ChunkSequencer, type ParsedChunk } from './chunk-sequencer.ts'
import { knownSignatureFields, readGoogleSignature } from './google-signature.ts'
import { type KnownFields, readRest } from './nested-rest.ts'

export interface ChatChunkReading extends ChunkReading {
	/** The request forced a named tool: OpenAI then ends a call with `stop`. */
	readonly namedTool: boolean
	/** Creates an id for a call that has none from the upstream. */
	readonly newCallId: () => string
	/** The upstream and model, as in `Signature.origin`. */
	readonly origin?: string | undefined
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

	/** Whether the chunk that was just read without events has fields that clients of this wire receive nevertheless. */
	relays(chunk: unknown): boolean {
		return chunk instanceof ChatChunk && chunk.hasOwnFields && this.sequencer.isOpen && !this.sequencer.holds(chunk)
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
		const { reasoning, text, logprobs, refusal, calls, images, pieces, rest } = choice
		const hasLogprobs = logprobs.length > 0 && (text !== '' || (reasoning === undefined && !choice.hasToolCalls))
		const content = { text, logprobs: hasLogprobs ? logprobs : undefined }
		const hasText = text !== '' || hasLogprobs
		const hasOther = refusal !== undefined || calls.length > 0 || images !== undefined || (pieces?.length ?? 0) > 0
		const hasContent = reasoning !== undefined || hasText || hasOther
		if (hasContent) {
			const parts = this.partsOf(choice.index)
			if (pieces !== undefined) addPieces(parts, choice, content, into)
			else {
				if (reasoning !== undefined) parts.add('reasoning', { text: reasoning }, into)
				if (hasText) parts.add('text', content, into)
			}
			if (refusal !== undefined) parts.add('refusal', { text: refusal }, into)
			for (const image of images ?? []) parts.addWhole(image, into)
			for (const one of calls) parts.addCall(one, into)
		}
		if (rest !== undefined) into.push({ type: 'rest', choice: choice.index, rest })
		return hasContent
	}

	close(index: number, reason: ReportedFinish, into: ChatEvent[]): FinishReason {
		const parts = this.choices.get(index)
		parts?.endAll(into)
		return finishReasonWith(parts?.callCount ?? 0, reason, this.reading.namedTool)
	}

	private partsOf(index: number): ChoiceParts {
		let parts = this.choices.get(index)
		if (parts === undefined) {
			const { newCallId, origin } = this.reading
			parts = new ChoiceParts(index, newCallId, (call) => readCallFields(call, origin))
			this.choices.set(index, parts)
		}
		return parts
	}
}

/** Adds the content of a list. Reasoning in a field of its own repeats that of the list. */
function addPieces(
	parts: ChoiceParts,
	{ pieces = [], reasoningField }: ChatChoice,
	{ logprobs }: Pick<PartDeltaEvent, 'logprobs'>,
	into: ChatEvent[],
): void {
	let tokens = logprobs
	if (reasoningField !== undefined) parts.add('reasoning', { text: reasoningField }, into)
	for (const piece of pieces) {
		switch (piece.type) {
			case 'image':
			case 'provider-item':
				parts.addWhole(piece, into)
				break
			case 'reasoning':
				if (reasoningField === undefined) addText(parts, piece, undefined, into)
				break
			case 'text':
				addText(parts, piece, tokens, into)
				tokens = undefined
				break
			case 'refusal':
				addText(parts, piece, undefined, into)
				break
			default:
				piece satisfies never
		}
	}
	if (tokens !== undefined) parts.add('text', { text: '', logprobs: tokens }, into)
}

function addText(
	parts: ChoiceParts,
	{ type, text, rest }: TextPiece,
	logprobs: PartDeltaEvent['logprobs'],
	into: ChatEvent[],
): void {
	if (text !== '' || logprobs !== undefined || rest !== undefined) parts.add(type, { text, logprobs }, into, rest)
}

const knownCallFields = {
	index: true,
	id: true,
	type: true,
	function: { name: true, arguments: true },
	custom: { name: true, input: true },
	...knownSignatureFields,
} as const satisfies KnownFields

function readCallFields(call: unknown, origin: string | undefined): CallFields {
	if (!isObject(call)) return {}
	const signature = readGoogleSignature(call)
	return {
		signature: signature === undefined || origin === undefined ? signature : { ...signature, origin },
		rest: readRest(call, knownCallFields),
	}
}
