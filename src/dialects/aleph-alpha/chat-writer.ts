// Chat answers as Aleph Alpha's API writes them. Its own client loses the text of a chunk that tells more than a text, so each tells one
// thing; and the thinking of a model stands in the text, between marks, as its models write it.

import type { Choice, Completion } from '../../chat/completion.ts'
import type { ChatEvent, FinishReason, TokenLogprob } from '../../chat/event.ts'
import type { ToolCall } from '../../chat/message.ts'
import type { Usage } from '../../chat/usage.ts'
import type { AnswerIdentity, AnswerWriter, StreamWriter } from '../dialect.ts'
import { writeErrorBody } from './error-writer.ts'

export interface ChatShape {
	readonly includeUsage: boolean
	/** Tools were offered: whether any was called is told then. */
	readonly hasTools: boolean
}

const thinkOpen = '<think>'
const thinkClose = '</think>\n\n'
/** What native workers call themselves. */
const nobody = '.unknown.'
/** Stands for "too unlikely to tell". */
const unlikely = -9999

export function chatWriter(shape: ChatShape): AnswerWriter {
	return {
		completion: (completion, identity) => writeCompletion(completion, identity, shape),
		stream: (identity) => new ChatStream(identity, shape),
	}
}

function writeCompletion({ choices, usage, fingerprint }: Completion, identity: AnswerIdentity, shape: ChatShape) {
	const ends = choices.filter(({ finishReason }) => finishReason === 'stop').length
	return {
		id: idOf(identity),
		object: 'chat.completion',
		created: identity.created,
		model: identity.model,
		system_fingerprint: fingerprint ?? nobody,
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
		...(hasTools || toolCalls.length > 0 ? { tool_calls: toolCalls.map(writeCall) } : {}),
	}
}

function writeCall({ id, name, arguments: given }: ToolCall) {
	return { id, type: 'function', function: { name, arguments: given } }
}

/** One answer; feed it the events in order. */
class ChatStream implements StreamWriter {
	private readonly head: object
	private readonly shape: ChatShape
	private readonly introduced = new Set<number>()
	private readonly thinking = new Set<number>()
	private fingerprint: string | undefined
	private ends = 0

	constructor(identity: AnswerIdentity, shape: ChatShape) {
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
				return this.say(event.choice, event.text, event.logprobs)
			case 'refusal':
				return this.say(event.choice, event.text)
			case 'reasoning':
				return this.think(event.choice, event.text)
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
					this.closeThought(event.choice) +
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

	private say(choice: number, text: string, logprobs?: readonly TokenLogprob[]): string {
		const before = this.introduce(choice) + this.closeThought(choice)
		if (text === '' && logprobs === undefined) return before
		return before + this.chunk(choice, { content: text }, logprobs === undefined ? null : writeLogprobs(logprobs))
	}

	private think(choice: number, text: string): string {
		if (text === '') return ''
		const mark = this.thinking.has(choice) ? '' : thinkOpen
		this.thinking.add(choice)
		return this.introduce(choice) + this.chunk(choice, { content: mark + text })
	}

	private closeThought(choice: number): string {
		return this.thinking.delete(choice) ? this.chunk(choice, { content: thinkClose }) : ''
	}

	private call(choice: number, piece: object): string {
		return this.introduce(choice) + this.closeThought(choice) + this.chunk(choice, { content: '', tool_calls: [piece] })
	}

	private chunk(
		index: number,
		delta: object,
		logprobs: object | null = null,
		finish_reason: string | null = null,
	): string {
		const system_fingerprint = finish_reason === null ? null : (this.fingerprint ?? nobody)
		return line({
			...this.head,
			system_fingerprint,
			choices: [{ index, delta, finish_reason, logprobs }],
			usage: null,
		})
	}

	private usage(usage: Usage): string {
		if (!this.shape.includeUsage) return ''
		const system_fingerprint = this.fingerprint ?? nobody
		return line({ ...this.head, system_fingerprint, choices: [], usage: writeUsage(usage, this.ends) })
	}
}

function line(value: object): string {
	return `data: ${JSON.stringify(value)}\n\n`
}

/** Its own workers give bare UUIDs. */
function idOf({ token }: AnswerIdentity): string {
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
 * The token that ends a turn is counted here, as this API does. Upstreams that tell a usage have counted what they generated, that token
 * included; where the count was made from the text, it is added.
 *
 * @param ends choices that ended by themselves.
 */
export function writeUsage({ promptTokens, completionTokens, source }: Usage, ends: number) {
	const generated = completionTokens + (source === 'counted' ? ends : 0)
	return { prompt_tokens: promptTokens, completion_tokens: generated, total_tokens: promptTokens + generated }
}

function writeLogprobs(tokens: readonly TokenLogprob[]) {
	return { content: tokens.map((one) => ({ ...writeLogprob(one), top_logprobs: one.top.map(writeLogprob) })) }
}

/** Clients read the bytes unguarded. */
function writeLogprob({ token, logprob, bytes }: Omit<TokenLogprob, 'top'>) {
	return { token, logprob: Math.max(logprob, unlikely), bytes: bytes ?? [...Buffer.from(token)] }
}
