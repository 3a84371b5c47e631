// A chunk of a streamed chat completion, or a unary one, parsed once: reader, relay and writer look at the same fields.
// It knows which fields carry content and which fields are unknown, not the events that they become.

import type { TokenLogprob } from '../../chat/event.ts'
import { isObject } from '../../chat/json.ts'
import { asList, asText, field, textField } from '../json/fields.ts'
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
	readonly refusal: string | undefined
	/** Tool calls in any form that `ToolCallAssembler` reads. */
	readonly calls: readonly unknown[]
	/** Whether there are calls in the current form, not as a `function_call`. */
	readonly hasToolCalls: boolean
	readonly logprobs: readonly TokenLogprob[]
	readonly delta: SentObject | undefined

	constructor(value: unknown) {
		super(value)
		const { delta, message, logprobs } = this.sent
		this.delta = isObject(delta) ? delta : undefined
		const whole = (delta ?? null) === null && isObject(message) ? message : undefined
		const content = this.delta ?? whole ?? emptyObject
		const parts = content.content
		this.text = typeof parts === 'string' ? parts : joinTexts(parts)
		this.reasoning = asText(content.reasoning_content) ?? asText(content.reasoning) ?? joinThinking(parts)
		this.refusal = asText(content.refusal)
		const legacy = content.function_call
		const toolCalls = asList(content.tool_calls)
		this.calls = isObject(legacy) ? [{ index: 0, function: legacy }] : toolCalls
		this.hasToolCalls = toolCalls.length > 0
		this.logprobs = logprobs === undefined || logprobs === null ? noLogprobs : readLogprobs(logprobs)
	}

	/** Undefined if the choice does not have exactly one of these forms. */
	get form(): CanonicalForm | undefined {
		const { delta, sent } = this
		if (delta === undefined || sent.index !== this.index) return undefined
		if ('usage' in sent || 'tool_calls' in delta || 'function_call' in delta || 'reasoning' in delta) return undefined
		const { content } = delta
		const hasLogprobs = (sent.logprobs ?? null) !== null
		const isOpen = sent.finish_reason === null
		if ('role' in delta)
			return delta.role === 'assistant' && content === '' && isOpen && !hasLogprobs ? 'introduction' : undefined
		if (!isOpen) {
			const ends = this.finishReason !== undefined && (content ?? null) === null && !hasLogprobs
			return ends ? 'finish' : undefined
		}
		if ('reasoning_content' in delta) return 'content' in delta || hasLogprobs ? undefined : 'reasoning'
		return typeof content === 'string' && (!hasLogprobs || this.hasCanonicalLogprobs) ? 'text' : undefined
	}

	private get hasCanonicalLogprobs(): boolean {
		const { logprobs } = this.sent
		return this.logprobs.length > 0 && isObject(logprobs) && 'refusal' in logprobs
	}
}

const noLogprobs: readonly TokenLogprob[] = []

export class ChatChunk extends Chunk<ChatChoice> {
	/** Whether the first choice, or the chunk itself, has fields that no event represents. */
	get hasUnknownFields(): boolean {
		const [choice] = this.choices ?? []
		return (
			hasUnknown(this.sent, knownFields.answer) ||
			hasUnknown(choice?.sent, knownFields.choice) ||
			hasUnknown(choice?.delta, knownFields.message)
		)
	}
}

/** @param value parsed JSON. */
export function parseChatChunk(value: unknown): ChatChunk {
	return new ChatChunk(value, parseChoice)
}

function parseChoice(value: unknown): ChatChoice {
	return new ChatChoice(value)
}

/** The text of the text parts of a list. */
function joinTexts(parts: unknown): string {
	return asList(parts)
		.map((part) => (field(part, 'type') === 'text' ? (textField(part, 'text') ?? '') : ''))
		.join('')
}

/** The text of the thinking parts of a list: `{type: "thinking", thinking: [{type: "text", text}]}`. */
function joinThinking(parts: unknown): string | undefined {
	if (!Array.isArray(parts)) return undefined
	let text = ''
	for (const part of parts) {
		if (field(part, 'type') !== 'thinking') continue
		const thinking = field(part, 'thinking')
		text += typeof thinking === 'string' ? thinking : joinTexts(thinking)
	}
	return asText(text)
}

/** Fields that events represent, or that the writer writes itself. */
export const knownFields = {
	answer: new Set(['id', 'object', 'created', 'model', 'choices', 'usage', 'error']),
	choice: new Set(['index', 'delta', 'message', 'finish_reason', 'logprobs', 'usage']),
	message: new Set([
		'role',
		'content',
		'refusal',
		'tool_calls',
		'function_call',
		'reasoning',
		'reasoning_content',
		'annotations',
	]),
} as const satisfies Readonly<Record<string, ReadonlySet<string>>>

function hasUnknown(sent: SentObject | undefined, known: ReadonlySet<string>): boolean {
	for (const name in sent) if (!known.has(name)) return true
	return false
}
