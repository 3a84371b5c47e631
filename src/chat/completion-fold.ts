// Events folded into a whole answer, one by one, so that an answer can be watched while it is delivered.

import type { Choice, Completion } from './completion.ts'
import { ChatError } from './error.ts'
import type { ChatEvent, ChoiceFinishEvent, FinishReason, ReasoningEvent, TokenLogprob } from './event.ts'
import type { Thought, ToolCall } from './message.ts'
import type { Usage } from './usage.ts'

/** A choice as far as it came. */
export type PartialChoice = Omit<Choice, 'finishReason'> & { readonly finishReason?: FinishReason }

interface OpenChoice {
	text: string
	reasoning: string
	thoughts: OpenThoughts | undefined
	refusal: string
	toolCalls: OpenToolCall[]
	logprobs: TokenLogprob[] | undefined
	finishReason: FinishReason | undefined
	stopText: string | undefined
}

/** Pieces that are proven, and where the text after them begins. */
interface OpenThoughts {
	readonly pieces: Thought[]
	proven: number
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
				think(this.open(event.choice), event)
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
					...(event.proof === undefined ? {} : { proof: event.proof }),
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
				this.finishChoice(event)
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
		return this.choices.map((choice) => {
			const { finishReason } = choice
			return { ...said(choice), ...(finishReason === undefined ? {} : { finishReason }) }
		})
	}

	private open(index: number): OpenChoice {
		let choice = this.choices[index]
		if (choice === undefined) {
			choice = {
				...{ text: '', reasoning: '', refusal: '', toolCalls: [] },
				...{ thoughts: undefined, logprobs: undefined, finishReason: undefined, stopText: undefined },
			}
			this.choices[index] = choice
		}
		return choice
	}

	private finishChoice({ choice, reason, stopText }: ChoiceFinishEvent): void {
		const open = this.open(choice)
		open.finishReason = reason
		open.stopText = stopText
	}
}

/** The stream ended before the answer did. */
export function incomplete(): ChatError {
	return new ChatError('upstream-failed', 'The model stopped answering before its answer was complete.', {
		sent: 'yes',
	})
}

function close(choice: OpenChoice): Choice {
	const { finishReason } = choice
	if (finishReason === undefined) throw incomplete()
	return { ...said(choice), finishReason }
}

function said({ text, reasoning, thoughts, refusal, toolCalls, logprobs, stopText }: OpenChoice) {
	return {
		...{ text, reasoning, refusal, toolCalls },
		...(thoughts === undefined ? {} : { thoughts: allThoughts(thoughts, reasoning) }),
		...(logprobs === undefined ? {} : { logprobs }),
		...(stopText === undefined ? {} : { stopText }),
	}
}

function think(choice: OpenChoice, { text, proof, sealed }: ReasoningEvent): void {
	choice.reasoning += text
	if (proof === undefined) return
	choice.thoughts ??= { pieces: [], proven: 0 }
	const { pieces, proven } = choice.thoughts
	pieces.push({ text: choice.reasoning.slice(proven), proof, ...(sealed === undefined ? {} : { sealed }) })
	choice.thoughts.proven = choice.reasoning.length
}

function allThoughts({ pieces, proven }: OpenThoughts, reasoning: string): readonly Thought[] {
	return proven === reasoning.length ? pieces : [...pieces, { text: reasoning.slice(proven) }]
}
