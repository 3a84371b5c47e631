// Prepares a chat request for the scheduler: prompt, grammar, limits and one choice for each requested answer. All
// errors in a request are detected here, before any evaluation.

import { requestFor } from '../../chat/destination.ts'
import { ChatError } from '../../chat/error.ts'
import type { ChatEvent } from '../../chat/event.ts'
import type { ChatRequest, Sampling } from '../../chat/request.ts'
import { dropReporter, dropUnused, type RequestFates } from '../../chat/request-fates.ts'
import type { EngineCall } from '../../engines/engine.ts'
import type { Log } from '../../system/log.ts'
import { wrongGrammar } from '../grammar/given-grammar.ts'
import { AnswerStream } from './answer.ts'
import { type AnswerGrammar, answerGrammar, callableTools } from './answer-grammar.ts'
import { OutputReader } from './answer-reader.ts'
import type { Addon, AddonGrammarState, LlamaModel, Token } from './binding.ts'
import type { CallFormat } from './call-format.ts'
import { type RepetitionRule, RunningChoice } from './choice.ts'
import { constraintFields } from './constraint.ts'
import { renderConversation, reportUnusedNames } from './conversation.ts'
import { PromptText } from './prompt-text.ts'
import type { RepetitiveText } from './repetition.ts'
import { samplerConfig } from './sampler.ts'
import type { Scheduler } from './scheduler.ts'
import { type ChatTemplate, thinkClose, thinkOpen } from './template.ts'
import { reportUnusedVariables } from './template-variables.ts'
import type { Vocabulary } from './vocabulary.ts'

export interface RunnerParts {
	readonly addon: Addon
	readonly model: LlamaModel
	readonly vocabulary: Vocabulary
	readonly scheduler: Scheduler
	/** Prompt and answer together. */
	readonly contextTokens: number
	readonly fingerprint: string
	/** Default for requests without a limit. */
	readonly maxTokens: number
	/** Whether answers in a repetition loop are stopped. */
	readonly stopsRepetition: boolean
	/** For the log. */
	readonly modelName: string
	readonly log: Log
}

/** The part of an `EngineCall` that a runner uses. */
export type RunnerCall = Pick<EngineCall, 'signal' | 'requestId' | 'drop'>

/**
 * @returns undefined if answers may repeat themselves. One line is logged per request, however many of its answers are
 * stopped.
 */
export function repetitionRule(
	{ stopsRepetition, log, modelName }: RunnerParts,
	requestId: string,
	text: RepetitiveText,
): RepetitionRule | undefined {
	if (!stopsRepetition) return undefined
	let logged = false
	const found = () => {
		if (!logged) log.warn({ model: modelName, request: requestId }, 'stopped an answer in a repetition loop')
		logged = true
	}
	return { text, found }
}

function textOf({ responseFormat, maxTokens }: ChatRequest): RepetitiveText {
	if (responseFormat.type !== 'text') return 'structured'
	return maxTokens === undefined ? 'unlimited' : 'limited'
}

export class ChatRunner {
	private readonly parts: RunnerParts
	private readonly template: ChatTemplate
	private readonly promptText: PromptText
	private readonly visibleControls: ReadonlySet<Token>
	/** Banned under a grammar, which would match a control token by the text of its name. */
	private readonly bannedControls: ReadonlyMap<Token, number>

	constructor({ template, ...parts }: RunnerParts & { readonly template: ChatTemplate }) {
		this.parts = parts
		this.template = template
		this.promptText = new PromptText(parts.vocabulary)
		this.visibleControls = visibleControls(parts.vocabulary, template.calls.format)
		this.bannedControls = bannedControls(parts.vocabulary, this.visibleControls)
	}

	/** Number of tokens in the prompt of a request, as rendered by the model's own template. */
	async count(request: ChatRequest, signal: AbortSignal): Promise<number> {
		const { text } = this.render(requestFor(destination, request, ignore))
		return (await this.promptText.read(text, Number.MAX_SAFE_INTEGER, signal)).length
	}

	/** @throws ChatError if the request is not supported or invalid, and if the queue is full. */
	async run(given: ChatRequest, { signal, requestId, drop = ignore }: RunnerCall): Promise<AsyncIterable<ChatEvent>> {
		dropUnused(given, usedFields, drop)
		reportDropped(given, drop)
		reportUnusedVariables(given, this.template, drop)
		reportUnusedNames(given, this.template, drop)
		const request = requestFor(destination, given, drop)
		const { vocabulary, scheduler, contextTokens } = this.parts
		const { format } = this.template.calls
		const tools = callableTools(request)
		const { text, opensThinking, continues } = this.render(request)
		const most = countedContexts * contextTokens
		const prompt = await this.promptText.read(text, most, signal)
		if (prompt.length >= contextTokens) throw tooLong(contextTokens, prompt.length, most)
		const grammar = answerGrammar(request, format, { allowed: this.template.thinks, open: opensThinking })
		if (
			continues &&
			((grammar !== undefined && tools.length === 0) ||
				request.toolChoice.type === 'required' ||
				request.toolChoice.type === 'named')
		)
			throw new ChatError('unsupported', 'A message cannot be continued as JSON, as a call or by a grammar.', {
				param: 'messages',
			})
		const compiled = grammar === undefined ? undefined : compile(this.parts.addon, grammar)
		const seed = randomSeed()
		const answer = new AnswerStream(scheduler, prompt.length, this.parts.fingerprint, signal)
		const maxTokens = Math.min(request.maxTokens ?? this.parts.maxTokens, contextTokens - prompt.length)
		const repetition = repetitionRule(this.parts, requestId, textOf(request))
		return answer.begin(
			Array.from({ length: request.choices }, (_, index) => {
				const state =
					compiled === undefined
						? undefined
						: new this.parts.addon.AddonGrammarEvaluationState(this.parts.model._model, compiled)
				return new RunningChoice({
					index,
					prompt,
					sampling: samplerConfig(
						state === undefined ? request.sampling : this.withoutControls(request.sampling),
						seed,
						index,
						state,
					),
					top: request.logprobs?.top,
					maxTokens,
					stop: request.stop,
					reader: new OutputReader({
						thinking: opensThinking ? 'begun' : this.template.thinks ? 'possible' : 'never',
						calls: tools.length > 0 ? format : undefined,
					}),
					vocabulary,
					visibleControls: this.visibleControls,
					repetition,
					isComplete: completeness(this.parts.addon, vocabulary, grammar, state),
					callReason: request.toolChoice.type === 'named' ? 'stop' : 'tool-calls',
					newCallId,
					emit: (choice, event) => answer.emit(choice, event),
					settled: (_, error) => answer.settle(error),
				})
			}),
		)
	}

	private render(request: ChatRequest) {
		const described = request.toolChoice.type === 'none' ? [] : request.tools
		return renderConversation(request, described, this.template, this.promptText)
	}

	private withoutControls(sampling: Sampling): Sampling {
		return { ...sampling, logitBias: new Map([...(sampling.logitBias ?? []), ...this.bannedControls]) }
	}
}

/**
 * How this engine treats each field of a request. It runs one model and has no use for the caller's id; every prompt is
 * cached, marked or not.
 */
export const embeddedRequestFates = {
	model: 'unused',
	messages: 'translated',
	temperature: 'written',
	topP: 'written',
	topK: 'written',
	minP: 'written',
	frequencyPenalty: 'written',
	presencePenalty: 'written',
	repetitionPenalty: 'written',
	logitBias: 'written',
	seed: 'written',
	maxTokens: 'written',
	stop: 'written',
	choices: 'written',
	logprobs: 'written',
	tools: 'translated',
	toolChoice: 'translated',
	parallelToolCalls: 'translated',
	responseFormat: 'translated',
	reasoningEffort: 'translated',
	reasoningTokens: 'dropped',
	cacheMark: 'unused',
	user: 'unused',
	passthrough: 'translated',
	passthroughWire: 'unused',
	image: 'refused',
	audio: 'refused',
	file: 'refused',
	messageName: 'translated',
	lateInstructions: 'translated',
	failedTool: 'translated',
	resultImage: 'refused',
	reasoningText: 'translated',
	jsonMode: 'written',
	reasoningOff: 'translated',
} as const satisfies RequestFates

const reportDropped = dropReporter(embeddedRequestFates)
/** Extra fields, under the names of vLLM and llama.cpp. */
const usedFields: ReadonlySet<string> = new Set([
	'chat_template_kwargs',
	'continue_final_message',
	'add_generation_prompt',
	...constraintFields,
])

/** Prompts are rendered by a template: this engine has no wire. */
const destination = { wire: undefined }

function ignore(): void {}

function visibleControls(vocabulary: Vocabulary, format: CallFormat): ReadonlySet<Token> {
	const marks = [format.head, format.between ?? '', format.tail, thinkOpen, thinkClose]
	return new Set(
		[...vocabulary.controls]
			.filter(([text]) => marks.some((mark) => mark.includes(text)))
			.map(([, { token }]) => token),
	)
}

function bannedControls(vocabulary: Vocabulary, visible: ReadonlySet<Token>): ReadonlyMap<Token, number> {
	const tokens = [...vocabulary.controls.values()].map(({ token }) => token)
	return new Map(
		tokens.filter((token) => !visible.has(token) && !vocabulary.endsTurn(token)).map((token) => [token, -100]),
	)
}

/** Tokens are counted up to this multiple of the context length. */
const countedContexts = 16

function tooLong(contextTokens: number, promptTokens: number, most: number): ChatError {
	const resulted = promptTokens > most ? `more than ${most}` : String(promptTokens)
	return new ChatError(
		'context-length-exceeded',
		`This model's maximum context length is ${contextTokens} tokens. However, your messages resulted in ${resulted} tokens. Please reduce the length of the messages.`,
		{ param: 'messages', code: 'context_length_exceeded' },
	)
}

function compile(addon: Addon, { gbnf, field }: AnswerGrammar) {
	try {
		return new addon.AddonGrammar(gbnf, { addonExports: addon, rootRuleName: 'root' })
	} catch (cause) {
		if (field !== undefined) throw wrongGrammar(field, 'it cannot be parsed', cause)
		throw new ChatError('unsupported', 'The schemas of this request are too complex for this engine to enforce.', {
			code: 'unsupported_schema',
			cause,
		})
	}
}

/** If the grammar can only end, sampling an end token is unnecessary; but a number may always continue. */
function completeness(
	addon: Addon,
	vocabulary: Vocabulary,
	grammar: AnswerGrammar | undefined,
	state: AddonGrammarState | undefined,
): (words: string) => boolean {
	const { endToken } = vocabulary
	if (grammar?.endsItself !== true || state === undefined || endToken === undefined) return () => false
	return (words) =>
		/[}\]">]$/.test(words) && addon.AddonSampler.canBeNextTokenForGrammarEvaluationState(state, endToken)
}

/** 32 bits. */
export function randomSeed(): number {
	return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0
}

const idCharacters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

function newCallId(): string {
	return `call_${Array.from(crypto.getRandomValues(new Uint32Array(24)), (number) => idCharacters[number % idCharacters.length]).join('')}`
}
