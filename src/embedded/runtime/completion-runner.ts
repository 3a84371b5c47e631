// Prepares a text completion for the scheduler. It does not know templates, tools or grammars.

import { ChatError } from '../../chat/error.ts'
import type { ChatEvent } from '../../chat/event.ts'
import { dropUnused } from '../../chat/request-fates.ts'
import type { TextCompletionFates, TextCompletionRequest } from '../../operations/text-completions.ts'
import { AnswerStream } from './answer.ts'
import { OutputReader } from './answer-reader.ts'
import type { Token } from './binding.ts'
import { type RunnerCall, type RunnerParts, randomSeed, repetitionRule } from './chat-runner.ts'
import { type RepetitionRule, RunningChoice } from './choice.ts'
import { refuseUnknownTokens } from './embedder.ts'
import { samplerConfig } from './sampler.ts'

export class CompletionRunner {
	private readonly parts: RunnerParts

	constructor(parts: RunnerParts) {
		this.parts = parts
	}

	/** @throws ChatError if the request is not supported or invalid, and if the queue is full. */
	run(request: TextCompletionRequest, { signal, requestId, drop }: RunnerCall): AsyncIterable<ChatEvent> {
		dropUnused(request, noFields, (part) => drop?.(part))
		if (request.suffix !== undefined && request.suffix !== '')
			throw new ChatError('unsupported', "This model does not support 'suffix': it can only continue a text.", {
				param: 'suffix',
			})
		const prompts = request.prompts.map((prompt) => this.read(prompt))
		const seed = randomSeed()
		const promptTokens = prompts.reduce((sum, { tokens }) => sum + tokens.length, 0)
		const answer = new AnswerStream(this.parts.scheduler, promptTokens, this.parts.fingerprint, signal)
		const repetition = repetitionRule(this.parts, requestId, 'limited')
		const choices = prompts.flatMap((prompt, at) =>
			Array.from({ length: request.choices }, (_, k) =>
				this.choice({ request, seed, answer, repetition }, prompt, at * request.choices + k),
			),
		)
		return answer.begin(choices)
	}

	private read(prompt: string | readonly number[]): TokenizedPrompt {
		const { vocabulary, model, contextTokens } = this.parts
		if (typeof prompt !== 'string') refuseUnknownTokens(prompt, vocabulary, 'prompt')
		const own = typeof prompt === 'string' ? vocabulary.tokenize(prompt) : prompt
		let tokens = vocabulary.framed(own)
		// The API allows an empty prompt, but a model needs at least one token.
		const beginning = model.tokens.bos ?? model.tokens.eos
		if (tokens.length === 0 && beginning !== null) tokens = [beginning]
		if (tokens.length === 0) throw new ChatError('invalid-request', 'The prompt is empty.', { param: 'prompt' })
		if (tokens.length >= contextTokens)
			throw new ChatError(
				'context-length-exceeded',
				`This model's maximum context length is ${contextTokens} tokens. However, your prompt resulted in ${tokens.length} tokens. Please reduce the length of the prompt.`,
				{ param: 'prompt', code: 'context_length_exceeded' },
			)
		const text =
			typeof prompt === 'string'
				? prompt.toWellFormed()
				: new TextDecoder().decode(Buffer.concat(own.map((token) => vocabulary.bytesOf(token))))
		return { tokens, text, framing: tokens.length - own.length }
	}

	private choice(
		{ request, seed, answer, repetition }: SharedChoiceParts,
		prompt: TokenizedPrompt,
		index: number,
	): RunningChoice {
		const { vocabulary, contextTokens } = this.parts
		return new RunningChoice({
			index,
			prompt: prompt.tokens,
			sampling: samplerConfig(request.sampling, seed, index, undefined),
			top: request.logprobs?.top,
			maxTokens: Math.min(request.maxTokens, contextTokens - prompt.tokens.length),
			stop: request.stop,
			reader: new OutputReader({ thinking: 'never' }),
			vocabulary,
			visibleControls: new Set(),
			echo: request.echo
				? { text: prompt.text, framing: prompt.framing, scored: request.logprobs !== undefined }
				: undefined,
			repetition,
			isComplete: () => false,
			callReason: 'stop',
			newCallId: () => '',
			emit: (choice, event) => answer.emit(choice, event),
			settled: (_, error) => answer.settle(error),
		})
	}
}

/** The parts that all choices of a request share. */
interface SharedChoiceParts {
	readonly request: TextCompletionRequest
	readonly seed: number
	readonly answer: AnswerStream
	readonly repetition: RepetitionRule | undefined
}

/** How this engine treats each field of a text completion. */
export const embeddedTextCompletionFates = {
	model: 'unused',
	prompts: 'written',
	maxTokens: 'written',
	temperature: 'written',
	topP: 'written',
	topK: 'written',
	minP: 'written',
	frequencyPenalty: 'written',
	presencePenalty: 'written',
	repetitionPenalty: 'written',
	logitBias: 'written',
	seed: 'written',
	stop: 'written',
	choices: 'written',
	echo: 'written',
	logprobs: 'written',
	suffix: 'refused',
	user: 'unused',
	passthrough: 'dropped',
} as const satisfies TextCompletionFates

const noFields: ReadonlySet<string> = new Set()

interface TokenizedPrompt {
	readonly tokens: readonly Token[]
	readonly text: string
	/** Leading tokens that are not part of the text. */
	readonly framing: number
}
