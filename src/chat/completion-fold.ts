// Folds events into a complete response one at a time, so that a response can be recorded while it streams. Its memory is bounded: by an
// error for an answer that must be complete, and by a sample of an answer that is only counted.

import { answerTooLarge, isTextual, sampleOf, sizeOfLogprobs } from './answer-size.ts'
import type { Choice, Completion } from './completion.ts'
import { ChatError } from './error.ts'
import type {
	ChatEvent,
	ChoiceFinishEvent,
	FinishReason,
	PartDeltaEvent,
	PartEndEvent,
	PartStartEvent,
	TokenLogprob,
} from './event.ts'
import { endsInCharacter } from './half-character.ts'
import type { AssistantPart, ReasoningPart, RefusalPart, TextPart, ToolCall } from './message.ts'
import type { EveryField } from './request.ts'
import { mergeRest, RestFold } from './rest.ts'
import type { Usage } from './usage.ts'

/** A choice that may be unfinished. */
export type PartialChoice = Omit<Choice, 'finishReason'> & { readonly finishReason?: FinishReason | undefined }

interface OpenChoice {
	/** The closed parts. */
	readonly parts: AssistantPart[]
	open: PartStartEvent['part'] | undefined
	/** The content of the open part. */
	text: string
	logprobs: TokenLogprob[] | undefined
	finishReason: FinishReason | undefined
	stopText: string | undefined
	readonly rest: RestFold
}

export interface FoldOptions {
	/** Maximum size of the answer, in bytes: its text, arguments and log-probabilities. Unlimited if absent. */
	readonly maxBytes?: number | undefined
	/**
	 * Keeps only the first so many characters of the answer, to estimate its tokens: no log-probabilities, images, signatures or rest.
	 * `completion` cannot be called then. Everything if absent.
	 */
	readonly sampleCharacters?: number | undefined
}

/** Parts of a sample. */
const maxSampleParts = 4096

export class CompletionFold {
	private readonly options: FoldOptions
	private readonly choices: OpenChoice[] = []
	private bytes = 0
	private sampledParts = 0
	private sampledCharacters = 0
	/** Characters of text that the sample does not contain. */
	private omittedCharacters = 0
	/** Characters of other parts that the sample does not contain, in JSON. */
	private omittedJson = 0
	private model: string | undefined
	private fingerprint: string | undefined
	private usage: Usage | undefined

	constructor(options: FoldOptions = {}) {
		this.options = options
	}

	/**
	 * @throws ChatError `invalid-request` if the answer exceeds its maximum size, the error of an `error` event, or `upstream-failed` for an event that violates the rules of
	 * event.ts.
	 */
	add(event: ChatEvent): void {
		switch (event.type) {
			case 'start':
				this.model = event.model
				this.fingerprint = event.fingerprint
				break
			case 'part-start':
				this.startPart(event)
				break
			case 'part-delta':
				this.addDelta(this.open(event.choice), event)
				break
			case 'part-end':
				this.endPart(this.open(event.choice), event)
				break
			case 'rest':
				if (!this.isSample) this.open(event.choice).rest.add(event.rest)
				break
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
		} satisfies EveryField<Completion>
	}

	/** Every choice received so far, including unfinished ones and the content of their open parts. */
	soFar(): readonly PartialChoice[] {
		return this.choices.map((choice) => {
			const { finishReason } = choice
			return { ...contentOf(choice), finishReason }
		})
	}

	/** Of the text of the answer, to the text of `soFar`; 1 unless that is a sample. */
	get sampleRatio(): number {
		return this.sampledCharacters === 0 ? 1 : 1 + this.omittedCharacters / this.sampledCharacters
	}

	/** Characters of the answer that `soFar` does not contain. */
	get omitted(): number {
		return this.omittedCharacters + this.omittedJson
	}

	private get isSample(): boolean {
		return this.options.sampleCharacters !== undefined
	}

	private addDelta(choice: OpenChoice, { part, text, logprobs }: PartDeltaEvent): void {
		if (choice.open?.type !== part) throw misplaced(`a piece of a part that is not open (${part})`)
		const { sampleCharacters } = this.options
		if (sampleCharacters !== undefined) {
			const room = this.sampledParts < maxSampleParts ? sampleCharacters - this.sampledCharacters : 0
			const sampled = text.length <= room ? text : text.slice(0, room)
			this.sampledCharacters += sampled.length
			this.omittedCharacters += text.length - sampled.length
			choice.text += sampled
			return
		}
		this.measure(Buffer.byteLength(text))
		choice.text += text
		if (logprobs === undefined) return
		this.measure(sizeOfLogprobs(logprobs))
		choice.logprobs ??= []
		choice.logprobs.push(...logprobs)
	}

	private endPart(choice: OpenChoice, end: PartEndEvent): void {
		if (choice.open === undefined) throw misplaced('the end of a part that is not open')
		if (!this.isSample || ++this.sampledParts <= maxSampleParts) {
			const part = partOf(choice.open, choice.text, this.isSample ? {} : end)
			if (part !== undefined) choice.parts.push(part)
		}
		choice.open = undefined
		choice.text = ''
	}

	private measure(bytes: number): void {
		const { maxBytes = Number.POSITIVE_INFINITY } = this.options
		this.bytes += bytes
		if (this.bytes > maxBytes) throw answerTooLarge(maxBytes)
	}

	private open(index: number): OpenChoice {
		let choice = this.choices[index]
		if (choice === undefined) {
			choice = {
				parts: [],
				open: undefined,
				text: '',
				logprobs: undefined,
				finishReason: undefined,
				stopText: undefined,
				rest: new RestFold(),
			}
			this.choices[index] = choice
		}
		return choice
	}

	private startPart({ choice, part }: PartStartEvent): void {
		const open = this.open(choice)
		if (open.open !== undefined) throw misplaced('a part while another one is open')
		if (!isTextual(part)) {
			const size = JSON.stringify(part).length
			if (this.isSample) this.omittedJson += size
			else this.measure(size)
		}
		open.open = this.isSample ? sampleOf(part) : part
		open.text = ''
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

function misplaced(what: string): ChatError {
	return new ChatError('upstream-failed', `The model sent ${what}.`, { sent: 'yes' })
}

/** All fields of a part but the cache marks, which only clients set. */
type GivenFields<Part> = Part extends AssistantPart ? EveryField<Omit<Part, 'cacheMark'>> : never

/** The complete part; undefined if it is empty. */
function partOf(
	started: PartStartEvent['part'],
	received: string,
	{ signature, encrypted, rest: lastRest }: Omit<PartEndEvent, 'type' | 'choice'>,
): AssistantPart | undefined {
	const text = wholeCharacters(received)
	const rest = 'rest' in started ? mergeRest(started.rest, lastRest) : lastRest
	switch (started.type) {
		case 'text':
		case 'refusal':
			return text === '' && rest === undefined
				? undefined
				: ({ type: started.type, text, rest } satisfies GivenFields<TextPart | RefusalPart>)
		case 'reasoning':
			return text === '' && signature === undefined && rest === undefined
				? undefined
				: ({ type: 'reasoning', text, signature, encrypted, rest } satisfies GivenFields<ReasoningPart>)
		case 'tool-call':
			return {
				...started,
				arguments: received,
				signature: signature ?? started.signature,
				rest,
			} satisfies GivenFields<ToolCall>
		case 'image':
		case 'audio':
		case 'provider-item':
			return started
		default:
			return started satisfies never
	}
}

function close(choice: OpenChoice): Choice {
	const { finishReason } = choice
	if (finishReason === undefined) throw incomplete()
	return { ...contentOf(choice), finishReason }
}

function contentOf({ parts, open, text, logprobs, stopText, rest }: OpenChoice) {
	const last = open === undefined ? undefined : partOf(open, text, {})
	return {
		parts: last === undefined ? parts : [...parts, last],
		logprobs,
		stopText,
		rest: rest.rest,
	} satisfies EveryField<Omit<Choice, 'finishReason'>>
}

/** `text` without half of a character at its end, which an answer has that was cut there. */
function wholeCharacters(text: string): string {
	return endsInCharacter(text) ? text.slice(0, -1) : text
}
