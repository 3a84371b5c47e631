// Chat answers in the format of Aleph Alpha's API. Its own client loses the text of a chunk that contains anything
// besides text, so each chunk contains one item. Reasoning is part of the text, between tags, as its models write it.

import type { Choice, Completion } from '../../chat/completion.ts'
import type { ChatEvent, FinishReason, PartDeltaEvent, StartedToolCall, TokenLogprob } from '../../chat/event.ts'
import type { AssistantPart, ToolCall } from '../../chat/message.ts'
import { toolCallsOf } from '../../chat/parts.ts'
import type { Usage } from '../../chat/usage.ts'
import { unsupportedPartsOf } from '../unsupported-parts.ts'
import type { AnswerWriter, ResponseContext, StreamWriter } from '../writer.ts'
import { writeErrorBody } from './error-writer.ts'

export interface ChatShape {
	readonly includeUsage: boolean
	/** The request has tools: then `tool_calls` is always present. */
	readonly hasTools: boolean
}

const thinkOpen = '<think>'
const thinkClose = '</think>\n\n'
/** The `system_fingerprint` of native workers. */
const unknownFingerprint = '.unknown.'
/** Minimum log probability: "too unlikely to report". */
const unlikely = -9999

export function chatWriter(shape: ChatShape): AnswerWriter {
	return {
		completion: (completion, identity) => writeCompletion(completion, identity, shape),
		unsupportedParts,
		stream: (identity) => new ChatStream(identity, shape),
	}
}

const chatParts: ReadonlySet<AssistantPart['type']> = new Set(['text', 'reasoning', 'refusal', 'tool-call'])
const unsupportedParts = unsupportedPartsOf({ hasPart: ({ type }) => chatParts.has(type) })

function writeCompletion({ choices, usage, fingerprint }: Completion, identity: ResponseContext, shape: ChatShape) {
	const ends = choices.filter(({ finishReason }) => finishReason === 'stop').length
	return {
		id: idOf(identity),
		object: 'chat.completion',
		created: identity.created,
		model: identity.model,
		system_fingerprint: fingerprint ?? unknownFingerprint,
		choices: choices.map((choice, index) => ({
			index,
			finish_reason: writeReason(choice.finishReason),
			message: writeMessage(choice, shape),
			logprobs: choice.logprobs === undefined ? null : writeLogprobs(choice.logprobs),
		})),
		usage: writeUsage(usage, ends),
	}
}

function writeMessage({ parts }: Choice, { hasTools }: ChatShape) {
	const toolCalls = toolCallsOf(parts)
	return {
		role: 'assistant',
		content: contentOf(parts),
		tool_calls: hasTools || toolCalls.length > 0 ? toolCalls.map(writeCall) : undefined,
	}
}

/** Text, and reasoning between tags, in their order. */
function contentOf(parts: readonly AssistantPart[]): string {
	let content = ''
	let isThinking = false
	for (const part of parts) {
		if (isThinking && part.type !== 'reasoning') content += thinkClose
		if (part.type === 'reasoning') content += part.text === '' || isThinking ? part.text : thinkOpen + part.text
		if (part.type === 'text' || part.type === 'refusal') content += part.text
		isThinking = part.type === 'reasoning' && (isThinking || part.text !== '')
	}
	return isThinking ? content + thinkClose : content
}

function writeCall({ id, name, arguments: given }: ToolCall) {
	return { id, type: 'function', function: { name, arguments: given } }
}

/** Writes one answer. Events must be passed in order. */
class ChatStream implements StreamWriter {
	private readonly head: object
	private readonly shape: ChatShape
	private readonly introduced = new Set<number>()
	private readonly thinking = new Set<number>()
	/** Number of calls by choice. */
	private readonly calls = new Map<number, number>()
	private fingerprint: string | undefined
	private ends = 0

	constructor(identity: ResponseContext, shape: ChatShape) {
		this.head = {
			id: idOf(identity),
			object: 'chat.completion.chunk',
			created: identity.created,
			model: identity.model,
		}
		this.shape = shape
	}

	write(event: ChatEvent): string {
		switch (event.type) {
			case 'start':
				this.fingerprint = event.fingerprint
				return this.introduce(0)
			case 'part-start':
				return event.part.type === 'tool-call' ? this.startCall(event.choice, event.part) : ''
			case 'part-delta':
				return this.delta(event)
			case 'part-end':
			case 'rest':
				return ''
			case 'choice-finish':
				if (event.reason === 'stop') this.ends++
				return (
					this.introduce(event.choice) +
					this.closeReasoning(event.choice) +
					this.chunk(event.choice, {}, null, writeReason(event.reason))
				)
			case 'finish':
				return `${this.usage(event.usage)}data: [DONE]\n\n`
			case 'error':
				return line(writeErrorBody(event.error))
			default:
				return event satisfies never
		}
	}

	private introduce(choice: number): string {
		if (this.introduced.has(choice)) return ''
		this.introduced.add(choice)
		return this.chunk(choice, { role: 'assistant', content: '' })
	}

	private delta({ choice, part, text, logprobs }: PartDeltaEvent): string {
		switch (part) {
			case 'text':
			case 'refusal':
				return this.text(choice, text, logprobs)
			case 'reasoning':
				return this.reasoning(choice, text)
			case 'tool-call':
				return this.call(choice, { index: (this.calls.get(choice) ?? 1) - 1, function: { arguments: text } })
			default:
				return part satisfies never
		}
	}

	private text(choice: number, text: string, logprobs?: readonly TokenLogprob[]): string {
		const before = this.introduce(choice) + this.closeReasoning(choice)
		if (text === '' && logprobs === undefined) return before
		return before + this.chunk(choice, { content: text }, logprobs === undefined ? null : writeLogprobs(logprobs))
	}

	private reasoning(choice: number, text: string): string {
		if (text === '') return ''
		const mark = this.thinking.has(choice) ? '' : thinkOpen
		this.thinking.add(choice)
		return this.introduce(choice) + this.chunk(choice, { content: mark + text })
	}

	private closeReasoning(choice: number): string {
		return this.thinking.delete(choice) ? this.chunk(choice, { content: thinkClose }) : ''
	}

	private startCall(choice: number, { id, name }: StartedToolCall): string {
		const index = this.calls.get(choice) ?? 0
		this.calls.set(choice, index + 1)
		return this.call(choice, { id, index, type: 'function', function: { name } })
	}

	private call(choice: number, piece: object): string {
		return (
			this.introduce(choice) + this.closeReasoning(choice) + this.chunk(choice, { content: '', tool_calls: [piece] })
		)
	}

	private chunk(
		index: number,
		delta: object,
		logprobs: object | null = null,
		finish_reason: string | null = null,
	): string {
		const system_fingerprint = finish_reason === null ? null : (this.fingerprint ?? unknownFingerprint)
		return line({
			...this.head,
			system_fingerprint,
			choices: [{ index, delta, finish_reason, logprobs }],
			usage: null,
		})
	}

	private usage(usage: Usage): string {
		if (!this.shape.includeUsage) return ''
		const system_fingerprint = this.fingerprint ?? unknownFingerprint
		return line({ ...this.head, system_fingerprint, choices: [], usage: writeUsage(usage, this.ends) })
	}
}

function line(value: object): string {
	return `data: ${JSON.stringify(value)}\n\n`
}

/** Its own workers use UUIDs without a prefix. */
function idOf({ token }: ResponseContext): string {
	return token.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function writeReason(reason: FinishReason): string {
	switch (reason) {
		case 'stop':
		case 'length':
			return reason
		case 'tool-calls':
			return 'tool_calls'
		case 'content-filter':
			return 'content_filter'
	}
}

/**
 * This API counts the token that ends a turn. Usage that an upstream reports includes it; for usage that was counted
 * from the text, it is added.
 *
 * @param ends number of choices that ended with a stop token.
 */
export function writeUsage({ promptTokens, completionTokens, source }: Usage, ends: number) {
	const generated = completionTokens + (source === 'counted' ? ends : 0)
	return { prompt_tokens: promptTokens, completion_tokens: generated, total_tokens: promptTokens + generated }
}

function writeLogprobs(tokens: readonly TokenLogprob[]) {
	return { content: tokens.map((one) => ({ ...writeLogprob(one), top_logprobs: one.top.map(writeLogprob) })) }
}

/** Clients require `bytes`. */
function writeLogprob({ token, logprob, bytes }: Omit<TokenLogprob, 'top'>) {
	return { token, logprob: Math.max(logprob ?? unlikely, unlikely), bytes: bytes ?? [...Buffer.from(token)] }
}
