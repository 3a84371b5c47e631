// A stream of events folded into a whole answer: a unary answer is nothing else.

import type { Choice, Completion } from './completion.ts'
import { ChatError } from './error.ts'
import type { ChatEvent, FinishReason, TokenLogprob } from './event.ts'
import type { ToolCall } from './message.ts'

interface OpenChoice {
	text: string
	reasoning: string
	refusal: string
	toolCalls: OpenToolCall[]
	logprobs: TokenLogprob[] | undefined
	finishReason: FinishReason | undefined
}

type OpenToolCall = { -readonly [Field in keyof ToolCall]: ToolCall[Field] }

/**
 * Reads `events` to their end.
 *
 * @throws ChatError the error of an `error` event, or `upstream-failed` for a stream that ends without a terminal event or with
 * a choice that never finished.
 */
export async function collect(events: AsyncIterable<ChatEvent>): Promise<Completion> {
	const choices: OpenChoice[] = []
	let model: string | undefined
	let fingerprint: string | undefined
	for await (const event of events) {
		switch (event.type) {
			case 'start':
				model = event.model
				fingerprint = event.fingerprint
				break
			case 'text': {
				const choice = open(choices, event.choice)
				choice.text += event.text
				if (event.logprobs !== undefined) {
					choice.logprobs ??= []
					choice.logprobs.push(...event.logprobs)
				}
				break
			}
			case 'reasoning':
				open(choices, event.choice).reasoning += event.text
				break
			case 'refusal':
				open(choices, event.choice).refusal += event.text
				break
			case 'tool-call':
				open(choices, event.choice).toolCalls[event.call] = {
					type: event.kind,
					id: event.id,
					name: event.name,
					arguments: '',
				}
				break
			case 'tool-arguments': {
				const call = open(choices, event.choice).toolCalls[event.call]
				if (call === undefined)
					throw new ChatError('upstream-failed', 'The model sent arguments of a tool call that it never began.', {
						sent: 'yes',
					})
				call.arguments += event.fragment
				break
			}
			case 'choice-finish':
				open(choices, event.choice).finishReason = event.reason
				break
			case 'finish':
				return {
					...(model === undefined ? {} : { model }),
					...(fingerprint === undefined ? {} : { fingerprint }),
					choices: choices.map(close),
					usage: event.usage,
				}
			case 'error':
				throw event.error
		}
	}
	throw new ChatError('upstream-failed', 'The model stopped answering before its answer was complete.', { sent: 'yes' })
}

function open(choices: OpenChoice[], index: number): OpenChoice {
	let choice = choices[index]
	if (choice === undefined) {
		choice = { text: '', reasoning: '', refusal: '', toolCalls: [], logprobs: undefined, finishReason: undefined }
		choices[index] = choice
	}
	return choice
}

function close(choice: OpenChoice): Choice {
	const { finishReason, logprobs, ...rest } = choice
	if (finishReason === undefined)
		throw new ChatError('upstream-failed', 'The model stopped answering before its answer was complete.', {
			sent: 'yes',
		})
	return { ...rest, finishReason, ...(logprobs === undefined ? {} : { logprobs }) }
}
