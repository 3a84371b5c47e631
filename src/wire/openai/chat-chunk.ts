// A chunk of a streamed chat completion, or a unary one, parsed once: reader, relay and writer look at the same fields.
// It knows which fields carry content, not the events that they become.

import type { TokenLogprob } from '../../chat/event.ts'
import { isObject } from '../../chat/json.ts'
import type { ImagePart } from '../../chat/message.ts'
import type { Rest } from '../../chat/rest.ts'
import { asList, asText } from '../json/fields.ts'
import { type ContentNames, type ContentPiece, namesIn, readContentList, readImageList } from './answer-content.ts'
import { hasOwnContent, hasUnknown, knownFields, readMessageRest } from './answer-fields.ts'
import { Chunk, ChunkChoice, emptyObject, type SentObject } from './chunk.ts'
import { readLogprobs } from './logprobs-reader.ts'

/**
 * The form of a choice that clients rely on, so that it can be repeated: the first chunk of a choice, a piece of text
 * or of reasoning, or the end.
 */
export type CanonicalForm = 'introduction' | 'text' | 'reasoning' | 'finish'

/** A choice of a chunk, which has a `delta`, or of a unary answer, which has a `message` with the same fields. */
export class ChatChoice extends ChunkChoice {
	/** Concatenated text parts; empty if there are none. */
	readonly text: string
	/**
	 * DeepSeek and vLLM send `reasoning_content`, OpenRouter and Ollama `reasoning`; some servers send both with the same
	 * text. Mistral sends parts of the content.
	 */
	readonly reasoning: string | undefined
	/** The content in its order, if it is a list. */
	readonly pieces: readonly ContentPiece[] | undefined
	readonly images: readonly ImagePart[] | undefined
	readonly refusal: string | undefined
	/** Tool calls in any form that `ToolCallAssembler` reads. */
	readonly calls: readonly unknown[]
	/** Whether there are calls in the current form, not as a `function_call`. */
	readonly hasToolCalls: boolean
	readonly logprobs: readonly TokenLogprob[]
	readonly delta: SentObject | undefined
	/** Unknown fields of the delta or message. */
	readonly rest: Rest | undefined
	/** The delta, or the message. */
	private readonly content: SentObject

	constructor(value: unknown) {
		super(value)
		const { delta, message, logprobs } = this.sent
		this.delta = isObject(delta) ? delta : undefined
		const whole = (delta ?? null) === null && isObject(message) ? message : undefined
		const content = this.delta ?? whole ?? emptyObject
		const { content: given } = content
		this.content = content
		this.pieces = Array.isArray(given) ? readContentList(given) : undefined
		this.text = typeof given === 'string' ? given : joinTexts(this.pieces, 'text')
		this.reasoning = this.reasoningField ?? asText(joinTexts(this.pieces, 'reasoning'))
		this.images = content.images === undefined ? undefined : readImageList(content.images)
		this.refusal = asText(content.refusal)
		const legacy = content.function_call
		const toolCalls = asList(content.tool_calls)
		this.calls = isObject(legacy) ? [{ index: 0, function: legacy }] : toolCalls
		this.hasToolCalls = toolCalls.length > 0
		this.rest = hasUnknown(content, knownFields.message) ? readMessageRest(content) : undefined
		this.logprobs = logprobs === undefined || logprobs === null ? noLogprobs : readLogprobs(logprobs)
	}

	/** The reasoning in a field of its own. */
	get reasoningField(): string | undefined {
		return asText(this.content.reasoning_content) ?? asText(this.content.reasoning)
	}

	/** The names of the fields that the choice uses; those in `known` for others. */
	names(known: ContentNames): ContentNames {
		return this.reasoningField === undefined && this.pieces === undefined ? known : namesIn(this.content, known)
	}

	get hasUnknownFields(): boolean {
		return (
			hasUnknown(this.sent, knownFields.choice) ||
			hasUnknown(this.content, knownFields.message) ||
			isObject(this.sent.logprobs)
		)
	}

	/** Whether the choice has unknown fields that need a chunk of their own. */
	get hasOwnFields(): boolean {
		return (
			this.rest !== undefined ||
			hasOwnContent(this.content, knownFields.message) ||
			hasOwnContent(this.sent, knownFields.choice)
		)
	}

	/** Undefined if the choice does not have exactly one of these forms. */
	get form(): CanonicalForm | undefined {
		const { delta, sent } = this
		if (delta === undefined || sent.index !== this.index) return undefined
		if ('usage' in sent || 'tool_calls' in delta || 'function_call' in delta || this.images !== undefined)
			return undefined
		const { content } = delta
		const hasLogprobs = (sent.logprobs ?? null) !== null
		const isOpen = sent.finish_reason === null
		if ('role' in delta)
			return delta.role === 'assistant' && content === '' && isOpen && !hasLogprobs ? 'introduction' : undefined
		if (!isOpen) {
			const ends = this.finishReason !== undefined && (content ?? null) === null && !hasLogprobs
			return ends ? 'finish' : undefined
		}
		const { reasoning_content: first, reasoning: second } = delta
		if (first !== undefined || second !== undefined)
			return 'content' in delta || hasLogprobs || (first ?? second) !== (second ?? first) ? undefined : 'reasoning'
		return typeof content === 'string' && (!hasLogprobs || this.hasCanonicalLogprobs) ? 'text' : undefined
	}

	private get hasCanonicalLogprobs(): boolean {
		const { logprobs } = this.sent
		return this.logprobs.length > 0 && isObject(logprobs) && 'refusal' in logprobs
	}
}

const noLogprobs: readonly TokenLogprob[] = []

export class ChatChunk extends Chunk<ChatChoice> {
	/** Whether the chunk or a choice has fields that no event represents. */
	get hasUnknownFields(): boolean {
		return hasUnknown(this.sent, knownFields.answer) || (this.choices ?? []).some((choice) => choice.hasUnknownFields)
	}

	/** Whether these fields need a chunk of their own. */
	get hasOwnFields(): boolean {
		return hasOwnContent(this.sent, knownFields.answer) || (this.choices ?? []).some((choice) => choice.hasOwnFields)
	}
}

/** @param value parsed JSON. */
export function parseChatChunk(value: unknown): ChatChunk {
	return new ChatChunk(value, parseChoice)
}

function parseChoice(value: unknown): ChatChoice {
	return new ChatChoice(value)
}

function joinTexts(pieces: readonly ContentPiece[] | undefined, type: 'text' | 'reasoning'): string {
	if (pieces === undefined) return ''
	let text = ''
	for (const piece of pieces) if (piece.type === type) text += piece.text
	return text
}
