// Continuous batching of many answers in one context: each step evaluates one batch with the next token of every active
// answer and with chunks of the waiting prompts, so a long prompt delays the others by at most one chunk. It does not
// know the meaning of tokens.

import { ChatError } from '../../chat/error.ts'
import { planBatch } from './batch-plan.ts'
import type { AddonContext, SamplerConfig, Token } from './binding.ts'
import type { ScoredToken } from './sampler.ts'
import { assignSlot, type Placement, type Slot } from './slot.ts'
import { ThreadChoice } from './thread-choice.ts'

/**
 * One answer to generate. Callbacks come in order; exactly one of `ended` and `failed` comes last, unless the work is
 * cancelled.
 */
export interface SchedulerWork {
	/** At least one token; prompt and answer together fit the context. */
	readonly prompt: readonly Token[]
	readonly sampling: SamplerConfig
	/** Number of alternatives to score each token with; undefined to skip scoring. */
	readonly top: number | undefined
	/** Whether to score the prompt's tokens too, all but the first. */
	readonly scorePrompt: boolean
	/** False to evaluate the prompt only. */
	readonly generates: boolean
	/** The prompt is being evaluated; so many of its tokens were cached. */
	started(cachedTokens: number): void
	promptScored(scored: ScoredToken): void
	/** @returns whether to continue. */
	sampled(token: Token, scored: ScoredToken | undefined): boolean
	ended(): void
	failed(error: ChatError): void
}

export interface SchedulerOptions {
	readonly context: AddonContext
	readonly slots: readonly Slot<Job>[]
	/** Prompt tokens in one step. */
	readonly chunkTokens: number
	/** Maximum number of queued requests. */
	readonly queueLimit: number
	/** Maximum number of CPU threads. */
	readonly threads: number
	/** Milliseconds, from an arbitrary origin. */
	readonly now: () => number
}

/** Work assigned to a slot. */
export interface Job {
	readonly work: SchedulerWork
	/** Tokens to evaluate before the next one can be sampled: the rest of the prompt, or the last sampled token. */
	waiting: readonly Token[]
	answering: boolean
	cancelled: boolean
	readonly startedAt: number
}

interface BatchRow {
	readonly slot: Slot<Job>
	readonly job: Job
	readonly tokens: readonly Token[]
	/** Indexes of the logits of the scored prompt tokens and of the last one. */
	readonly logitIndexes: Uint32Array
	readonly isLast: boolean
}

export class Scheduler {
	private readonly options: SchedulerOptions
	private readonly threads: ThreadChoice
	private readonly queue: SchedulerWork[][] = []
	private running: Promise<void> | undefined
	private steps = 0
	private closed = false
	/** Moving average of the time that a slot needs for one answer. */
	private answerMs = 1000

	constructor(options: SchedulerOptions) {
		this.options = options
		this.threads = new ThreadChoice(options.threads)
	}

	/**
	 * Queues the works of one request, to be started in order as slots become free, alternating with other requests.
	 *
	 * @throws ChatError `overloaded` if the queue is full, `unavailable` after `close`.
	 */
	submit(works: readonly SchedulerWork[]): void {
		if (this.closed) throw new ChatError('unavailable', 'The engine is shutting down.')
		const { slots, queueLimit } = this.options
		const free = slots.filter(({ job }) => job === undefined).length
		if (this.queue.length >= queueLimit + free) {
			const waitMs = (this.answerMs * (this.queue.length + 1)) / slots.length
			const retryAfterMs = Math.round(Math.min(60_000, Math.max(1000, waitMs)))
			throw new ChatError('overloaded', 'The model is busy and its queue is full. Try again later.', { retryAfterMs })
		}
		this.queue.push([...works])
		this.running ??= this.run()
	}

	/**
	 * Releases the work's resources: immediately while it is queued, else after the current step. No callback follows.
	 */
	cancel(work: SchedulerWork): void {
		for (const [at, works] of this.queue.entries()) {
			const found = works.indexOf(work)
			if (found < 0) continue
			works.splice(found, 1)
			if (works.length === 0) this.queue.splice(at, 1)
			return
		}
		for (const { job } of this.options.slots) if (job?.work === work) job.cancelled = true
	}

	/** Fails all work with `unavailable`; resolves when no step runs any more. */
	async close(): Promise<void> {
		this.closed = true
		const error = new ChatError('unavailable', 'The engine is shutting down.', { sent: 'maybe' })
		for (const work of this.queue.splice(0).flat()) work.failed(error)
		for (const { job } of this.options.slots) {
			if (job === undefined || job.cancelled) continue
			job.cancelled = true
			job.work.failed(error)
		}
		await this.running
	}

	private async run(): Promise<void> {
		// Requests that arrive together share their first batch.
		await Promise.resolve()
		while (true) {
			for (const slot of this.options.slots) if (slot.job?.cancelled === true) this.release(slot)
			await this.startWaiting()
			const rows = this.compose()
			if (rows.length === 0) {
				if (this.queue.length > 0) continue
				// Here and not after the promise has settled: a request that arrives in between would wait forever.
				this.running = undefined
				return
			}
			await this.step(rows)
		}
	}

	private async startWaiting(): Promise<void> {
		for (let at = 0; at < this.queue.length; ) {
			const works = this.queue[at]
			const work = works?.[0]
			if (works === undefined || work === undefined || this.isReadBySibling(work)) {
				at++
				continue
			}
			const placement = assignSlot(work.prompt, this.options.slots)
			if (placement === undefined) return
			works.shift()
			this.queue.splice(at, 1)
			if (works.length > 0) this.queue.push(works)
			await this.start(work, placement)
		}
	}

	/** Another choice of the same request is reading this prompt; waiting for it avoids reading it twice. */
	private isReadBySibling(work: SchedulerWork): boolean {
		return this.options.slots.some(({ job }) => job?.answering === false && job.work.prompt === work.prompt)
	}

	private async start(work: SchedulerWork, { slot, copyFrom, reused }: Placement<Job>): Promise<void> {
		const job: Job = { work, waiting: work.prompt, answering: false, cancelled: false, startedAt: this.options.now() }
		slot.job = job
		slot.usedAt = ++this.steps
		try {
			const cached = await this.retain(slot, copyFrom, work.scorePrompt ? 0 : reused)
			job.waiting = work.prompt.slice(cached)
			slot.samplers.begin(work.sampling)
			if (!job.cancelled) work.started(cached)
		} catch (cause) {
			this.fail(slot, job, cause)
		}
	}

	/**
	 * Retains the first `reused` tokens in the slot. Returns their number: 0 if the model's memory does not support
	 * partial removal.
	 */
	private async retain(slot: Slot<Job>, copyFrom: Slot<Job> | undefined, reused: number): Promise<number> {
		const { context } = this.options
		if (copyFrom !== undefined && reused > 0) {
			context.disposeSequence(slot.id)
			slot.tokens = []
			await context.copySequenceStateFromOtherSequence(slot.id, copyFrom.id)
			slot.tokens = copyFrom.tokens.slice()
		}
		if (slot.tokens.length > reused) {
			if (reused > 0 && context.removeTokenCellsFromSequence(slot.id, reused, slot.tokens.length))
				slot.tokens.length = reused
			else this.discard(slot)
		}
		return slot.tokens.length
	}

	private discard(slot: Slot<Job>): void {
		slot.tokens = []
		this.options.context.disposeSequence(slot.id)
	}

	/** The next batch: every answer's next token, and the shares of the waiting prompts in one chunk. */
	private compose(): BatchRow[] {
		const planned = planBatch(this.options.slots, this.options.chunkTokens)
		if (planned.length === 0) return []
		this.options.context.initBatch(planned.reduce((sum, { length }) => sum + length, 0))
		return planned.map(({ slot, job, length }) => this.addRow(slot, job, length))
	}

	private addRow(slot: Slot<Job>, job: Job, length: number): BatchRow {
		const tokens = job.waiting.slice(0, length)
		const isLast = length === job.waiting.length
		const scored =
			job.work.scorePrompt && !job.answering ? Array.from(tokens, (_, at) => at) : isLast ? [length - 1] : []
		const logitIndexes = this.options.context.addToBatch(
			slot.id,
			slot.tokens.length,
			Uint32Array.from(tokens),
			Uint32Array.from(scored),
		)
		return { slot, job, tokens, logitIndexes, isLast }
	}

	private async step(rows: readonly BatchRow[]): Promise<void> {
		const { context, now } = this.options
		const size = rows.reduce((sum, { tokens }) => sum + tokens.length, 0)
		const threads = this.threads.choose(size)
		const startedAt = now()
		try {
			context.setThreads(threads)
			await context.decodeBatch()
		} catch (cause) {
			for (const { slot, job } of rows) this.fail(slot, job, cause)
			return
		}
		this.threads.took(size, threads, now() - startedAt)
		await Promise.all(rows.map((row) => this.advance(row)))
	}

	/** Processes the logits of an evaluated row: the prompt's scores and the next token. */
	private async advance({ slot, job, tokens, logitIndexes, isLast }: BatchRow): Promise<void> {
		const { context } = this.options
		const { work } = job
		const from = slot.tokens.length
		slot.tokens.push(...tokens)
		slot.usedAt = ++this.steps
		job.waiting = job.waiting.slice(tokens.length)
		try {
			if (work.scorePrompt && !job.answering)
				for (const [at, logitIndex] of logitIndexes.entries()) {
					const next = work.prompt[from + at + 1]
					if (next === undefined) continue
					const scored = await slot.samplers.score(context, logitIndex, next, work.top ?? 0)
					if (!job.cancelled) work.promptScored(scored)
				}
			if (!isLast || job.cancelled) return
			if (!work.generates) return this.end(slot, job)
			job.answering = true
			const logitIndex = logitIndexes[logitIndexes.length - 1] ?? 0
			const token = await slot.samplers.draw(context, logitIndex)
			const scored =
				work.top === undefined ? undefined : await slot.samplers.score(context, logitIndex, token, work.top)
			if (job.cancelled) return
			if (!work.sampled(token, scored)) return this.end(slot, job)
			job.waiting = [token]
		} catch (cause) {
			this.fail(slot, job, cause)
		}
	}

	private end(slot: Slot<Job>, job: Job): void {
		this.answerMs += 0.2 * (this.options.now() - job.startedAt - this.answerMs)
		this.release(slot)
		job.work.ended()
	}

	private fail(slot: Slot<Job>, job: Job, cause: unknown): void {
		this.release(slot)
		this.discard(slot)
		if (job.cancelled) return
		job.cancelled = true
		job.work.failed(
			cause instanceof ChatError
				? cause
				: new ChatError('internal', 'The model failed while generating the answer.', { cause, sent: 'yes' }),
		)
	}

	/** The slot retains its tokens for the conversation's next turn. */
	private release(slot: Slot<Job>): void {
		slot.job = undefined
	}
}
