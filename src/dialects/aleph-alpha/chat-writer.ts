// Chat answers in the format of Aleph Alpha's API. Its own client loses the text of a chunk that contains anything besides text, so each chunk
// contains one item. Reasoning is part of the text, between tags, as its models write it.

import type { Choice, Completion } from '../../chat/completion.ts'
import type { ChatEvent, FinishReason, TokenLogprob } from '../../chat/event.ts'
import type { ToolCall } from '../../chat/message.ts'
import type { Usage } from '../../chat/usage.ts'
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
		stream: (identity) => new ChatStream(identity, shape),
	}
}

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

function writeMessage({ text, reasoning, refusal, toolCalls }: Choice, { hasTools }: ChatShape) {
	const thought = reasoning === '' ? '' : `${thinkOpen}${reasoning}${thinkClose}`
	return {
		role: 'assistant',
		content: thought + text + refusal,
		tool_calls: hasTools || toolCalls.length > 0 ? toolCalls.map(writeCall) : undefined,
	}
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
			case 'text':
				return this.text(event.choice, event.text, event.logprobs)
			case 'refusal':
				return this.text(event.choice, event.text)
			case 'reasoning':
				return this.reasoning(event.choice, event.text)
			case 'tool-call':
				return this.call(event.choice, {
					id: event.id,
					index: event.call,
					type: 'function',
					function: { name: event.name },
				})
			case 'tool-arguments':
				return this.call(event.choice, { index: event.call, function: { arguments: event.fragment } })
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
		}
	}

	private introduce(choice: number): string {
		if (this.introduced.has(choice)) return ''
		this.introduced.add(choice)
		return this.chunk(choice, { role: 'assistant', content: '' })
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
 * This API counts the token that ends a turn. Usage that an upstream reports includes it; for usage that was counted from the text, it is
 * added.
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
