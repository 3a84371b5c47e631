// One answer to a request during generation: receives tokens and emits events. It counts tokens, detects stop texts,
// assigns log-probabilities to the text they belong to, and determines the finish reason. It does not know the other
// choices.

import type { ChatError } from '../../chat/error.ts'
import type {
	ChatEvent,
	DeltaPart,
	FinishReason,
	StartedText,
	StartedToolCall,
	TokenLogprob,
} from '../../chat/event.ts'
import type { OutputPart, OutputReader } from './answer-reader.ts'
import type { SamplerConfig, Token } from './binding.ts'
import { RepetitionDetector, type RepetitiveText } from './repetition.ts'
import type { ScoredToken } from './sampler.ts'
import type { SchedulerWork } from './scheduler.ts'
import { StopFilter } from './stop-filter.ts'
import type { Vocabulary } from './vocabulary.ts'

export interface ChoiceOptions {
	readonly index: number
	readonly prompt: readonly Token[]
	readonly sampling: SamplerConfig
	readonly top: number | undefined
	/** With 0, nothing is generated. */
	readonly maxTokens: number
	readonly stop: readonly string[]
	readonly reader: OutputReader
	readonly vocabulary: Pick<Vocabulary, 'bytesOf' | 'endsTurn' | 'isControl'>
	/** Control tokens whose name is part of the answer, such as those that mark calls. */
	readonly visibleControls: ReadonlySet<Token>
	/** The prompt, repeated before the answer, and the log-probabilities of its tokens. */
	readonly echo?: PromptEcho
	/** Whether the answer is complete and ends with this text. */
	readonly isComplete: (words: string) => boolean
	/** Stops an answer in a repetition loop, with finish reason `length`. Undefined to allow repetition. */
	readonly repetition?: RepetitionRule | undefined
	/** Finish reason of an answer that ended with calls. */
	readonly callReason: FinishReason
	readonly newCallId: () => string
	readonly emit: (choice: number, event: ChatEvent) => void
	/** Called once, when the choice is finished. */
	readonly settled: (choice: RunningChoice, error: ChatError | undefined) => void
}

export interface RepetitionRule {
	/** The format of the answer as a whole. */
	readonly text: RepetitiveText
	/** Called once, when the answer is stopped. */
	readonly found: () => void
}

export interface PromptEcho {
	readonly text: string
	/** Leading tokens that are not part of the text. */
	readonly framing: number
	readonly scored: boolean
}

/** A token of the answer whose text is not emitted yet. */
interface OpenToken {
	/** Range of its text, in characters of the answer. */
	readonly start: number
	readonly end: number
	readonly scored: ScoredToken | undefined
}

export class RunningChoice implements SchedulerWork {
	readonly prompt: readonly Token[]
	readonly sampling: SamplerConfig
	readonly top: number | undefined
	readonly scorePrompt: boolean
	readonly generates: boolean
	/** Number of sampled tokens, including the one that ended the turn. */
	generatedTokens = 0
	reasoningTokens = 0
	cachedTokens = 0
	hasStarted = false
	private readonly options: ChoiceOptions
	private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true })
	private readonly stops: StopFilter
	private readonly detector: RepetitionDetector | undefined
	private readonly open: OpenToken[] = []
	private readonly promptScores: ScoredToken[] = []
	/** Number of characters of the answer that were read, and that were split into parts. */
	private length = 0
	private position = 0
	private isInText = false
	private openPart: DeltaPart | undefined
	private calls = 0
	private callHasArguments = true
	private finished = false

	constructor(options: ChoiceOptions) {
		this.options = options
		this.prompt = options.prompt
		this.sampling = options.sampling
		this.top = options.top
		this.scorePrompt = options.echo?.scored === true
		this.generates = options.maxTokens > 0
		this.stops = new StopFilter(options.stop)
		this.detector = options.repetition === undefined ? undefined : new RepetitionDetector()
	}

	started(cachedTokens: number): void {
		this.hasStarted = true
		this.cachedTokens = cachedTokens
		if (this.options.echo !== undefined && !this.scorePrompt) this.writeEcho(this.options.echo)
	}

	promptScored(scored: ScoredToken): void {
		this.promptScores.push(scored)
	}

	sampled(token: Token, scored: ScoredToken | undefined): boolean {
		const { vocabulary, maxTokens, visibleControls } = this.options
		if (this.generatedTokens === 0 && this.scorePrompt && this.options.echo !== undefined)
			this.writeEcho(this.options.echo)
		this.generatedTokens++
		if (vocabulary.endsTurn(token)) return this.finish('stop')
		const visible = !vocabulary.isControl(token) || visibleControls.has(token)
		const words = visible ? this.decoder.decode(vocabulary.bytesOf(token), { stream: true }) : ''
		const start = this.length
		this.length += words.length
		this.open.push({ start, end: this.length, scored })
		const stopText = this.read(this.options.reader.push(words))
		if (stopText !== undefined) return this.finish('stop', stopText)
		if (this.options.isComplete(words)) return this.finish('stop')
		if (this.repeats(token)) return this.finish('length')
		return this.generatedTokens < maxTokens || this.finish('length')
	}

	private repeats(token: Token): boolean {
		const { repetition } = this.options
		if (repetition === undefined || this.detector === undefined) return false
		const inArguments = this.calls > 0 && !this.isInText
		if (!this.detector.push(token, inArguments ? 'structured' : repetition.text)) return false
		repetition.found()
		return true
	}

	ended(): void {
		if (this.generates) return
		if (this.options.echo !== undefined && this.scorePrompt) this.writeEcho(this.options.echo)
		this.finish('length')
	}

	failed(error: ChatError): void {
		this.settle(error)
	}

	/** @returns the stop text that was found. */
	private read(parts: readonly OutputPart[]): string | undefined {
		for (const part of parts) {
			if (part.type === 'text') {
				const stopText = this.emitText(part.text)
				if (stopText !== undefined) return stopText
				continue
			}
			this.flushHeldText()
			this.position += part.length
			const tokens = this.takeTokens(({ end }) => end <= this.position)
			if (part.type === 'reasoning') {
				this.reasoningTokens += tokens.length
				this.writeDelta({ type: 'reasoning' }, part.text)
			} else if (part.type === 'call') this.writeCall(part.name)
			else if (part.type === 'arguments') this.writeArguments(part.text)
		}
		return undefined
	}

	private emitText(words: string): string | undefined {
		this.isInText = true
		const from = this.position - this.stops.heldLength
		this.position += words.length
		const { text, stopText } = this.stops.push(words)
		const until = from + text.length
		this.writeText(text, stopText === undefined ? ({ end }) => end <= until : ({ start }) => start < until)
		return stopText
	}

	/** Non-text output follows: the withheld text is text after all. */
	private flushHeldText(): void {
		if (!this.isInText) return
		this.isInText = false
		const text = this.stops.flush()
		this.writeText(text, ({ end }) => end <= this.position)
	}

	/** @param foundText the stop text that ended the answer. */
	private finish(reason: FinishReason, foundText?: string): false {
		if (this.finished) return false
		this.finished = true
		let stopText = foundText
		// The decoder is not flushed: the bytes of an unfinished character are left out.
		if (stopText === undefined) {
			stopText = this.read(this.options.reader.end())
			if (stopText === undefined) {
				this.isInText ||= this.position === 0
				this.flushHeldText()
			}
		}
		if (!this.callHasArguments && reason === 'stop') this.writeArguments('{}')
		this.endPart()
		const finishReason = this.calls > 0 && reason === 'stop' ? this.options.callReason : reason
		this.emit({ type: 'choice-finish', choice: this.options.index, reason: finishReason, stopText })
		this.settle(undefined)
		return false
	}

	private settle(error: ChatError | undefined): void {
		this.finished = true
		this.options.settled(this, error)
	}

	private writeText(text: string, covers: (token: OpenToken) => boolean): void {
		const logprobs = this.takeTokens(covers).flatMap(({ scored }) =>
			scored === undefined ? [] : [this.logprob(scored)],
		)
		if (text === '' && logprobs.length === 0) return
		this.writeDelta({ type: 'text' }, text, logprobs.length > 0 ? logprobs : undefined)
	}

	private takeTokens(covers: (token: OpenToken) => boolean): readonly OpenToken[] {
		const first = this.open.findIndex((token) => !covers(token))
		return this.open.splice(0, first < 0 ? this.open.length : first)
	}

	private writeCall(name: string): void {
		this.callHasArguments = false
		this.startPart({ type: 'tool-call', kind: 'function', id: this.options.newCallId(), name })
		this.calls++
	}

	private writeArguments(fragment: string): void {
		this.callHasArguments = true
		this.emit({ type: 'part-delta', choice: this.options.index, part: 'tool-call', text: fragment })
	}

	/** Adds to the open part, or starts a part if that has another type. */
	private writeDelta(started: StartedText, text: string, logprobs?: readonly TokenLogprob[]): void {
		const { index: choice } = this.options
		if (this.openPart !== started.type) this.startPart(started)
		this.emit({ type: 'part-delta', choice, part: started.type, text, logprobs })
	}

	private startPart(part: StartedText | StartedToolCall): void {
		this.endPart()
		this.openPart = part.type
		this.emit({ type: 'part-start', choice: this.options.index, part })
	}

	private endPart(): void {
		if (this.openPart === undefined) return
		this.openPart = undefined
		this.emit({ type: 'part-end', choice: this.options.index })
	}

	private writeEcho({ text, framing }: PromptEcho): void {
		const scores = this.promptScores.slice(Math.max(0, framing - 1))
		const first = this.prompt[framing]
		const begins =
			framing === 0 && first !== undefined && this.scorePrompt ? [{ ...this.spell(first), logprob: null, top: [] }] : []
		const logprobs = [...begins, ...scores.map((scored) => this.logprob(scored))]
		this.writeDelta({ type: 'text' }, text, logprobs.length > 0 ? logprobs : undefined)
	}

	private logprob(scored: ScoredToken): TokenLogprob {
		return {
			...this.spell(scored.token),
			logprob: finite(scored.logprob),
			top: scored.top.map(({ token, logprob }) => ({ ...this.spell(token), logprob: finite(logprob) })),
		}
	}

	private spell(token: Token): { readonly token: string; readonly bytes: readonly number[] } {
		const bytes = this.options.vocabulary.bytesOf(token)
		return { token: new TextDecoder().decode(bytes), bytes: [...bytes] }
	}

	private emit(event: ChatEvent): void {
		this.options.emit(this.options.index, event)
	}
}

/** The value that OpenAI's API uses for a token that is too unlikely to report. */
const tooUnlikely = -9999

function finite(logprob: number): number {
	return Math.max(tooUnlikely, logprob)
}
