// Writes answers of the legacy completions operation: a unary `text_completion` and its stream.

import type { Completion } from '../../chat/completion.ts'
import type { ChatEvent, FinishReason, TokenLogprob } from '../../chat/event.ts'
import { textOf } from '../../chat/parts.ts'
import { writeErrorEvent } from './chat-chunk-writer.ts'
import type { CompletionIdentity } from './completion-writer.ts'
import { writeUsage } from './usage-writer.ts'

export function writeTextCompletion(completion: Completion, identity: CompletionIdentity) {
	return {
		id: identity.id,
		object: 'text_completion',
		created: identity.created,
		model: completion.model ?? identity.model,
		choices: completion.choices.map((choice, index) => ({
			text: textOf(choice.parts),
			index,
			logprobs: choice.logprobs === undefined ? null : writeTokens(choice.logprobs, 0).logprobs,
			finish_reason: writeReason(choice.finishReason),
			stop_reason: choice.stopText,
		})),
		usage: writeUsage(completion.usage),
		system_fingerprint: completion.fingerprint ?? null,
	}
}

/** Writes one streamed answer. Pass it the events in order. */
export class TextCompletionChunkWriter {
	private readonly identity: CompletionIdentity
	private readonly includeUsage: boolean
	private model: string
	private fingerprint: string | null = null
	/** Characters written so far for each choice, for `text_offset`. */
	private readonly offsets = new Map<number, number>()

	constructor(identity: CompletionIdentity, includeUsage: boolean) {
		this.identity = identity
		this.includeUsage = includeUsage
		this.model = identity.model
	}

	write(event: ChatEvent): string {
		switch (event.type) {
			case 'start':
				this.model = event.model ?? this.model
				this.fingerprint = event.fingerprint ?? null
				return ''
			case 'part-delta': {
				if (event.part !== 'text') return ''
				const written =
					event.logprobs === undefined ? undefined : writeTokens(event.logprobs, this.offsets.get(event.choice) ?? 0)
				if (written !== undefined) this.offsets.set(event.choice, written.end)
				return this.chunk([
					{ text: event.text, index: event.choice, logprobs: written?.logprobs ?? null, finish_reason: null },
				])
			}
			case 'choice-finish':
				return this.chunk([
					{
						text: '',
						index: event.choice,
						logprobs: null,
						finish_reason: writeReason(event.reason),
						stop_reason: event.stopText,
					},
				])
			case 'finish':
				return `${this.includeUsage ? this.chunk([], { usage: writeUsage(event.usage) }) : ''}data: [DONE]\n\n`
			case 'error':
				return writeErrorEvent(event.error)
			case 'part-start':
			case 'part-end':
			case 'rest':
				return ''
			default:
				return event satisfies never
		}
	}

	private chunk(choices: readonly object[], extra: object = this.includeUsage ? { usage: null } : {}): string {
		const { id, created } = this.identity
		const head = { id, object: 'text_completion', created, model: this.model, system_fingerprint: this.fingerprint }
		return `data: ${JSON.stringify({ ...head, choices, ...extra })}\n\n`
	}
}

/** The four parallel lists of the legacy format. `end` is the offset after the last token. */
function writeTokens(tokens: readonly TokenLogprob[], start: number) {
	let end = start
	const offsets = tokens.map(({ token }) => {
		const offset = end
		end += token.length
		return offset
	})
	const logprobs = {
		tokens: tokens.map(({ token }) => token),
		token_logprobs: tokens.map(({ logprob }) => logprob),
		top_logprobs: tokens.map(({ logprob, top }) =>
			logprob === null ? null : Object.fromEntries(top.map((one) => [one.token, one.logprob])),
		),
		text_offset: offsets,
	}
	return { logprobs, end }
}

function writeReason(reason: FinishReason): string {
	switch (reason) {
		case 'stop':
		case 'length':
			return reason
		case 'content-filter':
			return 'content_filter'
		case 'tool-calls':
			return 'stop'
	}
}
