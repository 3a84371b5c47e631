// Counts tokens in published vocabularies. The tokens that a model's chat template adds to messages are not known here;
// that part is an estimate.

import type { Message, Part } from '../chat/message.ts'
import type { Tool } from '../chat/tool.ts'
import { anonymous, type FairEntry, FairQueue, type SharePath } from '../system/fair-queue.ts'
import { CountJob, type Portion } from './count-job.ts'
import type { Tokenizer } from './tokenizer.ts'
import type { CountAnswer, CountRequest } from './vocabulary.ts'

/** Tokens that OpenAI's guide adds for each message, and for the start of the response. */
const [tokensPerMessage, tokensOfAnswer] = [3, 3]
/** Tokens of an image at OpenAI's usual size, by its tile formula. */
const tokensPerImage = 765

export interface CountLimits {
	/** After this time in the queue and in the thread, the rest of a count is extrapolated. In milliseconds. */
	readonly deadlineMs: number
	/** Counts that wait or run; more are estimated. */
	readonly maxJobs: number
}

const defaultLimits: CountLimits = { deadlineMs: 2000, maxJobs: 1000 }

interface RunningJob {
	readonly job: CountJob
	readonly tokenizer: Tokenizer
	readonly caller: SharePath
	readonly answer: PromiseWithResolvers<number>
	timer: ReturnType<typeof setTimeout> | undefined
	/** It has been answered. */
	over: boolean
}

/**
 * Counts in one thread, which serves callers in turn, a portion of a text at a time: no caller waits for the long texts
 * of another one.
 */
export class TokenCounter {
	private readonly limits: CountLimits
	private waiting = new FairQueue<RunningJob>()
	private readonly jobs = new Set<RunningJob>()
	private readonly loaded = new Set<Tokenizer>()
	private counting: { readonly entry: FairEntry<RunningJob>; readonly portion: Portion } | undefined
	private worker: Worker | undefined

	constructor(limits: CountLimits = defaultLimits) {
		this.limits = limits
	}

	/**
	 * Texts that are too long, that wait too long, or that are too many at the same time are estimated in part.
	 *
	 * @throws Error if the vocabulary cannot be loaded.
	 */
	async countTexts(tokenizer: Tokenizer, texts: readonly string[], caller: SharePath = anonymous): Promise<number> {
		const nonEmpty = texts.filter((text) => text !== '')
		if (nonEmpty.length === 0) return 0
		const job = new CountJob(nonEmpty)
		const answer = Promise.withResolvers<number>()
		const running: RunningJob = { job, tokenizer, caller, answer, timer: undefined, over: false }
		if (this.jobs.size >= this.limits.maxJobs && !this.displace(caller)) return job.tokens
		this.jobs.add(running)
		this.waiting.add(caller, running)
		if (this.loaded.has(tokenizer)) this.startTimer(running)
		this.countNext()
		return answer.promise
	}

	/** Counts the tokens of a prompt: messages and tool definitions. */
	async countMessages(
		tokenizer: Tokenizer,
		messages: readonly Message[],
		tools: readonly Tool[],
		caller: SharePath = anonymous,
	): Promise<number> {
		return (await this.countTexts(tokenizer, promptTexts(messages, tools), caller)) + fixedTokens(messages)
	}

	close(): void {
		this.worker?.terminate()
		this.fail('the token counter is closed')
	}

	/** Estimates a count of the caller with the largest share instead of this caller's. @returns false if that is this one. */
	private displace(caller: SharePath): boolean {
		const heaviest = this.waiting.heaviest(caller)
		if (heaviest === undefined) return false
		this.waiting.remove(heaviest)
		this.settle(heaviest.item)
		return true
	}

	private countNext(): void {
		if (this.counting !== undefined) return
		for (let entry = this.waiting.take(); entry !== undefined; entry = this.waiting.take()) {
			const running = entry.item
			const portion = running.over ? undefined : running.job.take()
			if (portion === undefined) {
				this.waiting.ended(entry.path)
				continue
			}
			this.counting = { entry, portion }
			this.worker ??= this.start()
			this.worker.postMessage({ tokenizer: running.tokenizer, texts: portion } satisfies CountRequest)
			return
		}
	}

	private receive({ tokens, failure }: CountAnswer): void {
		const { counting } = this
		this.counting = undefined
		if (counting !== undefined) {
			const { entry, portion } = counting
			const running = entry.item
			this.waiting.ended(entry.path)
			if (tokens === undefined) {
				this.end(running)
				running.answer.reject(new Error(failure))
			} else {
				this.noteLoaded(running.tokenizer)
				running.job.add(portion, tokens)
				if (running.job.done) this.settle(running)
				else if (!running.over) this.waiting.add(running.caller, running)
			}
		}
		this.countNext()
	}

	/** The time that a vocabulary takes to load is not part of the deadline of a count. */
	private noteLoaded(tokenizer: Tokenizer): void {
		if (this.loaded.has(tokenizer)) return
		this.loaded.add(tokenizer)
		for (const running of this.jobs) if (running.tokenizer === tokenizer) this.startTimer(running)
	}

	private startTimer(running: RunningJob): void {
		running.timer = setTimeout(() => this.settle(running), this.limits.deadlineMs)
	}

	private settle(running: RunningJob): void {
		this.end(running)
		running.answer.resolve(running.job.tokens)
	}

	private end(running: RunningJob): void {
		clearTimeout(running.timer)
		running.over = true
		this.jobs.delete(running)
	}

	private start(): Worker {
		const worker = new Worker(new URL('./vocabulary.ts', import.meta.url))
		// The worker must not keep the process alive.
		worker.unref()
		worker.onmessage = ({ data }: MessageEvent<CountAnswer>) => this.receive(data)
		worker.onerror = (event) => this.fail(event.message)
		return worker
	}

	private fail(reason: string): void {
		this.worker = undefined
		this.counting = undefined
		this.loaded.clear()
		this.waiting = new FairQueue()
		for (const running of this.jobs) {
			this.end(running)
			running.answer.reject(new Error(reason))
		}
	}
}

/** Bytes of UTF-8 for each token, on average. */
const bytesPerToken = 4

/** An estimate that needs no vocabulary. */
export function estimateTexts(texts: readonly string[]): number {
	return Math.ceil(texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / bytesPerToken)
}

/** The same for messages and tool definitions. */
export function estimateMessages(messages: readonly Message[], tools: readonly Tool[]): number {
	return estimateTexts(promptTexts(messages, tools)) + fixedTokens(messages)
}

function promptTexts(messages: readonly Message[], tools: readonly Tool[]): readonly string[] {
	const texts = messages.flatMap(textsOf)
	if (tools.length > 0) texts.push(JSON.stringify(tools))
	return texts
}

/** Of what is not text. */
function fixedTokens(messages: readonly Message[]): number {
	const images = messages.reduce((sum, { content }) => sum + content.filter(({ type }) => type === 'image').length, 0)
	return messages.length * tokensPerMessage + images * tokensPerImage + tokensOfAnswer
}

function textsOf(message: Message): string[] {
	return [message.role, ...message.content.flatMap(textsOfPart)]
}

/** Reasoning is not counted, since most models discard that of earlier turns. */
function textsOfPart(part: Part): string[] {
	switch (part.type) {
		case 'text':
		case 'refusal':
			return [part.text]
		case 'tool-call':
			return [part.name, part.arguments]
		case 'reasoning':
		case 'image':
		case 'audio':
		case 'file':
			return []
		case 'provider-item':
			return (part.substitute?.parts ?? []).flatMap(textsOfPart)
		default:
			return part satisfies never
	}
}
