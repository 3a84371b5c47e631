// An engine without a model: it returns the text of the request, deterministically and without delay. It is for tests,
// development and demonstrations, so it supports every operation and can simulate failures. docs/echo.md describes its
// instructions.

import { asChatError, ChatError } from '../../chat/error.ts'
import type { ChatEvent } from '../../chat/event.ts'
import type { ChatRequest } from '../../chat/request.ts'
import { countedUsage, type Usage } from '../../chat/usage.ts'
import type { EmbeddingRequest, Embeddings } from '../../operations/embeddings.ts'
import type { Ranking, RerankRequest } from '../../operations/reranking.ts'
import type { TextCompletionRequest } from '../../operations/text-completions.ts'
import type { Transcription, TranscriptionRequest } from '../../operations/transcription.ts'
import { type Clock, systemClock } from '../../system/clock.ts'
import { perform } from '../../system/occupancy.ts'
import { mapInSteps, resumable } from '../../system/resumable.ts'
import { answerFrom, type EngineAnswer } from '../answer.ts'
import type { Engine, EngineCall, Operation } from '../engine.ts'
import { type RunningCall, RunningCalls } from '../running-calls.ts'
import { planChat } from './chat-plan.ts'
import { receive, reportUnusedFields } from './echo-fates.ts'
import { type GeneratedChoice, type GeneratedEvent, generateChoice } from './generated-choice.ts'
import { type EchoFault, type Plan, readPlan } from './instruction.ts'
import { transcriptOf } from './transcript.ts'
import { similarity, vectorOf } from './vectors.ts'
import { countPrompt, countWords, splitWords } from './words.ts'

export interface EchoOptions {
	/** Size of the context window (prompt and completion together), in the echo's tokens. Default: 8,192. */
	readonly contextTokens?: number
	/** Events to return for every chat request. If the first event is an error, it is thrown. */
	readonly script?: readonly ChatEvent[]
	/** Clock for `echo:delay`. */
	readonly clock?: Clock
}

const operations: readonly Operation[] = ['chat', 'complete', 'embed', 'rerank', 'transcribe']
const defaultDimensions = 64
const maxDimensions = 4096
/** Number of tokens between yields to the event loop. */
const tokensInARow = 64

export function openEcho(options: EchoOptions = {}): Engine {
	return new Echo(options)
}

class Echo implements Engine {
	readonly prefills = true
	private readonly contextTokens: number
	private readonly script: readonly ChatEvent[] | undefined
	private readonly clock: Clock
	private readonly running = new RunningCalls()

	constructor({ contextTokens = 8192, script, clock = systemClock }: EchoOptions) {
		this.contextTokens = contextTokens
		this.script = script
		this.clock = clock
	}

	state() {
		return { status: 'ready', operations, contextTokens: this.contextTokens } as const
	}

	async chat(given: ChatRequest, call: EngineCall): Promise<EngineAnswer> {
		if (this.script !== undefined) return this.begin(call, (running) => this.replay(this.script ?? [], running))
		const request = receive(given, call)
		const plan = planChat(request)
		const promptTokens = await perform(call.turns, () => countPrompt(request.messages))
		const maxTokens = this.remainingTokens(promptTokens, request.maxTokens, 'messages')
		const { stop, logprobs, toolChoice } = request
		const choices = Array.from({ length: request.choices }, (_, choice): GeneratedChoice => {
			const callsEndWith = toolChoice.type === 'named' ? 'stop' : 'tool-calls'
			return { choice, parts: plan.parts, preface: '', maxTokens, stop, logprobs, callsEndWith }
		})
		return this.begin(call, (running) => this.answer(plan, choices, promptTokens, running))
	}

	async count({ messages }: ChatRequest): Promise<number> {
		return countPrompt(messages)
	}

	async complete(request: TextCompletionRequest, call: EngineCall): Promise<EngineAnswer> {
		if (request.suffix !== undefined)
			throw new ChatError('unsupported', "The echo engine does not support 'suffix'.", {
				param: 'suffix',
			})
		reportUnusedFields(request, call)
		const { stop, logprobs, choices } = request
		const prompts = request.prompts.map(promptText)
		const plans = prompts.map(readPlan)
		const generated = prompts.flatMap((prompt, index) => {
			const maxTokens = this.remainingTokens(countWords(prompt), request.maxTokens, 'prompt')
			const preface = request.echo ? prompt : ''
			const parts = plans[index]?.parts ?? []
			return Array.from(
				{ length: choices },
				(_, k): GeneratedChoice => ({
					choice: index * choices + k,
					parts,
					preface,
					maxTokens,
					stop,
					logprobs,
					callsEndWith: 'stop',
				}),
			)
		})
		const promptTokens = prompts.reduce((sum, prompt) => sum + countWords(prompt), 0)
		return this.begin(call, (running) => this.answer(plans[0] ?? readPlan(''), generated, promptTokens, running))
	}

	async embed(request: EmbeddingRequest, call: EngineCall): Promise<Embeddings> {
		const texts = request.inputs.map(promptText)
		const embed = () => {
			const dimensions = request.dimensions ?? defaultDimensions
			if (dimensions > maxDimensions)
				throw new ChatError('unsupported', `The echo engine supports at most ${maxDimensions} dimensions.`, {
					param: 'dimensions',
				})
			const words = mapInSteps(texts, 'words', splitWords)
			for (const { length } of words) this.remainingTokens(length, undefined, 'input')
			const promptTokens = words.reduce((sum, { length }) => sum + length, 0)
			const vectors = mapInSteps(words, 'vectors', (one) => vectorOf(one, dimensions))
			return { vectors, usage: usageOf(promptTokens, 0, 0) }
		}
		return this.unary(texts[0] ?? '', call, () => call.turns?.run(resumable(embed)) ?? embed())
	}

	rerank({ query, documents, top }: RerankRequest, call: EngineCall): Promise<Ranking> {
		return this.unary(query, call, () => {
			const target = vectorOf(splitWords(query), defaultDimensions)
			const results = documents.map((document, index) => ({
				index,
				score: similarity(target, vectorOf(splitWords(document), defaultDimensions)),
			}))
			const promptTokens = [query, ...documents].reduce((sum, text) => sum + countWords(text), 0)
			return {
				results: results.sort((a, b) => b.score - a.score || a.index - b.index).slice(0, top),
				usage: usageOf(promptTokens, 0, 0),
			}
		})
	}

	transcribe(request: TranscriptionRequest, call: EngineCall): Promise<Transcription> {
		return this.unary(request.prompt ?? '', call, () => {
			const text = request.prompt ?? request.file.name
			return { ...transcriptOf(text, request.format), usage: usageOf(0, countWords(text), 0) }
		})
	}

	async close(): Promise<void> {
		this.running.close()
	}

	/** Runs a unary call. Fails if `text` has such an instruction. */
	private async unary<Result>(text: string, call: EngineCall, answer: () => Result | Promise<Result>): Promise<Result> {
		const running = this.running.begin(call.signal)
		try {
			const { fault } = readPlan(text)
			if (fault !== undefined) await fail(fault, running.signal)
			return await answer()
		} finally {
			running.end()
		}
	}

	/** The maximum number of tokens that can be generated after a prompt. */
	private remainingTokens(promptTokens: number, requested: number | undefined, param: string): number {
		const remainingTokens = this.contextTokens - promptTokens
		if (remainingTokens >= 0) return Math.min(remainingTokens, requested ?? remainingTokens)
		throw new ChatError(
			'context-length-exceeded',
			`This model's maximum context length is ${this.contextTokens} tokens. However, your ${param} resulted in ${promptTokens} tokens. Please reduce the length of the ${param}.`,
			{ param, code: 'context_length_exceeded' },
		)
	}

	private begin(call: EngineCall, answer: (running: RunningCall) => AsyncGenerator<ChatEvent>): Promise<EngineAnswer> {
		return answerFrom(answer(this.running.begin(call.signal)))
	}

	private async *replay(script: readonly ChatEvent[], running: RunningCall): AsyncGenerator<ChatEvent> {
		try {
			for (const [index, event] of script.entries()) {
				if (running.signal.aborted) return yield { type: 'error', error: asChatError(running.signal.reason) }
				if (index % tokensInARow === tokensInARow - 1) await nextTurn()
				yield event
			}
		} finally {
			running.end()
		}
	}

	private async *answer(
		plan: Plan,
		choices: readonly GeneratedChoice[],
		promptTokens: number,
		running: RunningCall,
	): AsyncGenerator<ChatEvent> {
		let generated = 0
		let reasoningTokens = 0
		let started = false
		const usage = () => usageOf(promptTokens, generated, reasoningTokens)
		try {
			if (plan.fault !== undefined && plan.fault.after === undefined) await fail(plan.fault, running.signal)
			running.signal.throwIfAborted()
			started = true
			yield { type: 'start', fingerprint: 'fp_echo', usage: usage() }
			for (const { event, cost } of interleave(choices.map(generateChoice))) {
				if (cost !== 'nothing') {
					if (plan.fault?.after === generated) await fail(plan.fault, running.signal)
					if (plan.delayMs > 0) await this.clock.sleep(plan.delayMs, running.signal)
					else if (generated % tokensInARow === tokensInARow - 1) await nextTurn()
					generated++
					if (cost === 'thinking') reasoningTokens++
				}
				running.signal.throwIfAborted()
				yield event
			}
			if (plan.fault?.after !== undefined) await fail(plan.fault, running.signal)
			yield { type: 'finish', usage: usage() }
		} catch (thrown) {
			const error = asChatError(thrown)
			yield { type: 'error', error: started ? afterStart(error) : error, usage: usage() }
		} finally {
			running.end()
		}
	}
}

/** The utterances of all choices, round-robin. */
function* interleave(generators: readonly Generator<GeneratedEvent>[]): Generator<GeneratedEvent> {
	let active = generators
	while (active.length > 0) {
		const remaining: Generator<GeneratedEvent>[] = []
		for (const generator of active) {
			const next = generator.next()
			if (next.done === true) continue
			yield next.value
			remaining.push(generator)
		}
		active = remaining
	}
}

function promptText(prompt: string | readonly number[]): string {
	return typeof prompt === 'string' ? prompt : prompt.join(' ')
}

async function fail(fault: EchoFault, signal: AbortSignal): Promise<never> {
	if (fault.type === 'hang') return aborted(signal)
	const retry = fault.kind === 'overloaded' || fault.kind === 'rate-limited' || fault.kind === 'unavailable'
	throw new ChatError(
		fault.kind,
		`The request instructed the echo engine to fail with '${fault.kind}'.`,
		retry ? { retryAfterMs: 1000 } : {},
	)
}

function aborted(signal: AbortSignal): Promise<never> {
	return new Promise((_, reject) => {
		if (signal.aborted) return reject(signal.reason)
		signal.addEventListener('abort', () => reject(signal.reason), { once: true })
	})
}

/** The same error, after the response has started. */
function afterStart({ kind, message, retryAfterMs, cause }: ChatError): ChatError {
	return new ChatError(kind, message, {
		sent: 'yes',
		retryAfterMs,
		cause,
	})
}

function nextTurn(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve))
}

function usageOf(promptTokens: number, completionTokens: number, reasoningTokens: number): Usage {
	return { ...countedUsage(completionTokens, promptTokens), reasoningTokens }
}
