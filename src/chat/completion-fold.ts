// Events folded into a whole answer, one by one, so that an answer can be watched while it is delivered.

import type { Choice, Completion } from './completion.ts'
import { ChatError } from './error.ts'
import type { ChatEvent, FinishReason, TokenLogprob } from './event.ts'
import type { ToolCall } from './message.ts'
import type { Usage } from './usage.ts'

/** A choice as far as it came. */
export type PartialChoice = Omit<Choice, 'finishReason'> & { readonly finishReason?: FinishReason }

interface OpenChoice {
	text: string
	reasoning: string
	refusal: string
	toolCalls: OpenToolCall[]
	logprobs: TokenLogprob[] | undefined
	finishReason: FinishReason | undefined
}

type OpenToolCall = { -readonly [Field in keyof ToolCall]: ToolCall[Field] }

export class CompletionFold {
	private readonly choices: OpenChoice[] = []
	private model: string | undefined
	private fingerprint: string | undefined
	private usage: Usage | undefined

	/** @throws ChatError the error of an `error` event, or `upstream-failed` for an event that breaks the rules. */
	add(event: ChatEvent): void {
		switch (event.type) {
			case 'start':
				this.model = event.model
				this.fingerprint = event.fingerprint
				break
			case 'text': {
				const choice = this.open(event.choice)
				choice.text += event.text
				if (event.logprobs !== undefined) {
					choice.logprobs ??= []
					choice.logprobs.push(...event.logprobs)
				}
				break
			}
			case 'reasoning':
				this.open(event.choice).reasoning += event.text
				break
			case 'refusal':
				this.open(event.choice).refusal += event.text
				break
			case 'tool-call':
				this.open(event.choice).toolCalls[event.call] = {
					type: event.kind,
					id: event.id,
					name: event.name,
					arguments: '',
				}
				break
			case 'tool-arguments': {
				const call = this.open(event.choice).toolCalls[event.call]
				if (call === undefined)
					throw new ChatError('upstream-failed', 'The model sent arguments of a tool call that it never began.', {
						sent: 'yes',
					})
				call.arguments += event.fragment
				break
			}
			case 'choice-finish':
				this.open(event.choice).finishReason = event.reason
				break
			case 'finish':
				this.usage = event.usage
				break
			case 'error':
				throw event.error
		}
	}

	/** @throws ChatError `upstream-failed` where no `finish` was added, or a choice never finished. */
	completion(): Completion {
		if (this.usage === undefined) throw incomplete()
		return {
			...(this.model === undefined ? {} : { model: this.model }),
			...(this.fingerprint === undefined ? {} : { fingerprint: this.fingerprint }),
			choices: this.choices.map(close),
			usage: this.usage,
		}
	}

	/** Every choice as far as it came. */
	soFar(): readonly PartialChoice[] {
		return this.choices.map(({ finishReason, logprobs, ...rest }) => ({
			...rest,
			...(finishReason === undefined ? {} : { finishReason }),
			...(logprobs === undefined ? {} : { logprobs }),
		}))
	}

	/** In place of events, where an answer was read as a whole. */
	take({ choices, usage }: Completion): void {
		this.choices.push(
			...choices.map((choice) => ({
				...choice,
				toolCalls: [...choice.toolCalls],
				logprobs: choice.logprobs === undefined ? undefined : [...choice.logprobs],
			})),
		)
		this.usage = usage
	}

	private open(index: number): OpenChoice {
		let choice = this.choices[index]
		if (choice === undefined) {
			choice = { text: '', reasoning: '', refusal: '', toolCalls: [], logprobs: undefined, finishReason: undefined }
			this.choices[index] = choice
		}
		return choice
	}
}

/** The stream ended before the answer did. */
export function incomplete(): ChatError {
	return new ChatError('upstream-failed', 'The model stopped answering before its answer was complete.', {
		sent: 'yes',
	})
}

function close(choice: OpenChoice): Choice {
	const { finishReason, logprobs, ...rest } = choice
	if (finishReason === undefined) throw incomplete()
	return { ...rest, finishReason, ...(logprobs === undefined ? {} : { logprobs }) }
}
