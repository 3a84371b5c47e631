// Folds events into a complete response one at a time, so that a response can be recorded while it streams.

import type { Choice, Completion } from './completion.ts'
import { ChatError } from './error.ts'
import type { ChatEvent, ChoiceFinishEvent, FinishReason, ReasoningEvent, TokenLogprob } from './event.ts'
import type { ReasoningBlock, ToolCall } from './message.ts'
import type { Usage } from './usage.ts'

/** A choice that may be unfinished. */
export type PartialChoice = Omit<Choice, 'finishReason'> & { readonly finishReason?: FinishReason }

interface OpenChoice {
	text: string
	reasoning: string
	thoughts: FoldedReasoning | undefined
	refusal: string
	toolCalls: OpenToolCall[]
	logprobs: TokenLogprob[] | undefined
	finishReason: FinishReason | undefined
	stopText: string | undefined
}

/** Reasoning blocks that are closed by a signature. */
interface FoldedReasoning {
	readonly blocks: ReasoningBlock[]
	/** Length of the reasoning text that these blocks cover. */
	covered: number
}

type OpenToolCall = { -readonly [Field in keyof ToolCall]: ToolCall[Field] }

export class CompletionFold {
	private readonly choices: OpenChoice[] = []
	private model: string | undefined
	private fingerprint: string | undefined
	private usage: Usage | undefined

	/** @throws ChatError the error of an `error` event, or `upstream-failed` for an event that violates the rules of event.ts. */
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
				addReasoning(this.open(event.choice), event)
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
					proof: event.proof,
				}
				break
			case 'tool-arguments': {
				const call = this.open(event.choice).toolCalls[event.call]
				if (call === undefined)
					throw new ChatError('upstream-failed', 'The model sent arguments for a tool call that it never started.', {
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
			default:
				event satisfies never
		}
	}

	/** A `finish` event was added, and every choice is finished. */
	get isComplete(): boolean {
		return this.usage !== undefined && this.choices.every(({ finishReason }) => finishReason !== undefined)
	}

	/** @throws ChatError `upstream-failed` if the response is not complete. */
	completion(): Completion {
		if (this.usage === undefined) throw incomplete()
		return {
			model: this.model,
			fingerprint: this.fingerprint,
			choices: this.choices.map(close),
			usage: this.usage,
		}
	}

	/** Every choice received so far, including unfinished ones. */
	soFar(): readonly PartialChoice[] {
		return this.choices.map((choice) => {
			const { finishReason } = choice
			return { ...contentOf(choice), finishReason }
		})
	}

	private open(index: number): OpenChoice {
		let choice = this.choices[index]
		if (choice === undefined) {
			choice = {
				text: '',
				reasoning: '',
				refusal: '',
				toolCalls: [],
				thoughts: undefined,
				logprobs: undefined,
				finishReason: undefined,
				stopText: undefined,
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

/** The error for a stream that ended before its response was complete. */
export function incomplete(): ChatError {
	return new ChatError('upstream-failed', 'The response ended before it was complete.', {
		sent: 'yes',
	})
}

function close(choice: OpenChoice): Choice {
	const { finishReason } = choice
	if (finishReason === undefined) throw incomplete()
	return { ...contentOf(choice), finishReason }
}

function contentOf({ text, reasoning, thoughts, refusal, toolCalls, logprobs, stopText }: OpenChoice) {
	return {
		text: wholeCharacters(text),
		reasoning: wholeCharacters(reasoning),
		refusal: wholeCharacters(refusal),
		toolCalls,
		thoughts: thoughts === undefined ? undefined : allBlocks(thoughts, reasoning),
		logprobs,
		stopText,
	}
}

/** `text` without half of a surrogate pair at its end, where an answer was cut inside a character. */
function wholeCharacters(text: string): string {
	const last = text.charCodeAt(text.length - 1)
	return last >= 0xd800 && last <= 0xdbff ? text.slice(0, -1) : text
}

function addReasoning(choice: OpenChoice, { text, proof, sealed }: ReasoningEvent): void {
	choice.reasoning += text
	if (proof === undefined) return
	choice.thoughts ??= { blocks: [], covered: 0 }
	const { blocks, covered } = choice.thoughts
	blocks.push({ text: choice.reasoning.slice(covered), proof, sealed })
	choice.thoughts.covered = choice.reasoning.length
}

function allBlocks({ blocks, covered }: FoldedReasoning, reasoning: string): readonly ReasoningBlock[] {
	return covered === reasoning.length ? blocks : [...blocks, { text: reasoning.slice(covered) }]
}
