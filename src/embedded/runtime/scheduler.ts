// Many answers at once in one context: each step evaluates one batch, made of the next token of every answer under way and of pieces of
// the prompts that wait, so a long prompt never holds up the others for longer than a piece takes. It does not know what tokens mean.

import { ChatError } from '../../chat/error.ts'
import type { AddonContext, SamplerConfig, Token } from './binding.ts'
import type { ScoredToken } from './sampler.ts'
import { type Placement, place, type Slot } from './slot.ts'
import { ThreadChoice } from './thread-choice.ts'

/** One answer to be generated. The scheduler calls back in order, never after `ended` or `failed`, of which exactly one comes last unless it is cancelled. */
export interface Work {
	/** At least one token; prompt and answer together fit the context. */
	readonly prompt: readonly Token[]
	readonly sampling: SamplerConfig
	/** Score each token, with so many alternatives. */
	readonly top: number | undefined
	/** Score the prompt's tokens too, all but the first. */
	readonly scorePrompt: boolean
	/** False to evaluate the prompt only. */
	readonly generates: boolean
	/** Its prompt is being evaluated; so many of its tokens were already. */
	started(cachedTokens: number): void
	promptScored(scored: ScoredToken): void
	/** @returns whether to go on. */
	sampled(token: Token, scored: ScoredToken | undefined): boolean
	ended(): void
	failed(error: ChatError): void
}

export interface SchedulerOptions {
	readonly context: AddonContext
	readonly slots: readonly Slot<Job>[]
	/** Prompt tokens in one step. */
	readonly pieceTokens: number
	/** Requests that may wait. */
	readonly queueLimit: number
	/** At most. */
	readonly threads: number
	/** Milliseconds, from any start. */
	readonly now: () => number
}

/** A piece of work on its slot. */
export interface Job {
	readonly work: Work
	/** What is still to be evaluated before the next token can be drawn: the rest of the prompt, or the last token drawn. */
	waiting: readonly Token[]
	answering: boolean
	cancelled: boolean
	readonly beganAt: number
}

/** Tokens of a step that each prompt gets, however many shorter ones there are. */
const leastShare = 8

interface Row {
	readonly slot: Slot<Job>
	readonly job: Job
	readonly tokens: readonly Token[]
	/** Where the logits of the scored prompt tokens and of the last one are. */
	readonly logitIndexes: Uint32Array
	readonly isLast: boolean
}

export class Scheduler {
	private readonly options: SchedulerOptions
	private readonly threads: ThreadChoice
	private readonly queue: Work[][] = []
	private running: Promise<void> | undefined
	private steps = 0
	private closed = false
	/** Moving average; what a slot needs for one answer. */
	private answerMs = 1000

	constructor(options: SchedulerOptions) {
		this.options = options
		this.threads = new ThreadChoice(options.threads)
	}

	/**
	 * Takes the works of one request, to be started in order as slots become free, taking turns with other requests.
	 *
	 * @throws ChatError `overloaded` when too many wait already, `unavailable` after `close`.
	 */
	submit(works: readonly Work[]): void {
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

	/** Frees what the work holds: at once while it waits, else after the step under way. No callback follows. */
	cancel(work: Work): void {
		for (const [at, works] of this.queue.entries()) {
			const found = works.indexOf(work)
			if (found < 0) continue
			works.splice(found, 1)
			if (works.length === 0) this.queue.splice(at, 1)
			return
		}
		for (const { job } of this.options.slots) if (job?.work === work) job.cancelled = true
	}

	/** Fails everything with `unavailable`; resolves when nothing runs any more. */
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
		// Let the requests that arrive together share their first batch.
		await Promise.resolve()
		while (true) {
			for (const slot of this.options.slots) if (slot.job?.cancelled === true) this.release(slot)
			await this.startWaiting()
			const rows = this.compose()
			if (rows.length === 0) {
				if (this.queue.length > 0) continue
				// Here and not when the promise has settled: a request that comes in between would wait for ever.
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
			const placement = place(work.prompt, this.options.slots)
			if (placement === undefined) return
			works.shift()
			this.queue.splice(at, 1)
			if (works.length > 0) this.queue.push(works)
			await this.start(work, placement)
		}
	}

	/** Another choice of the same request is reading this very prompt; waiting for it saves reading it twice. */
	private isReadBySibling(work: Work): boolean {
		return this.options.slots.some(({ job }) => job?.answering === false && job.work.prompt === work.prompt)
	}

	private async start(work: Work, { slot, copyFrom, reused }: Placement<Job>): Promise<void> {
		const job: Job = { work, waiting: work.prompt, answering: false, cancelled: false, beganAt: this.options.now() }
		slot.job = job
		slot.usedAt = ++this.steps
		try {
			const kept = await this.keep(slot, copyFrom, work.scorePrompt ? 0 : reused)
			job.waiting = work.prompt.slice(kept)
			slot.samplers.begin(work.sampling)
			if (!job.cancelled) work.started(kept)
		} catch (cause) {
			this.fail(slot, job, cause)
		}
	}

	/** Leaves the first `reused` tokens in the slot. Returns how many there are: none where the model's memory cannot be cut. */
	private async keep(slot: Slot<Job>, copyFrom: Slot<Job> | undefined, reused: number): Promise<number> {
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
			else this.forget(slot)
		}
		return slot.tokens.length
	}

	private forget(slot: Slot<Job>): void {
		slot.tokens = []
		this.options.context.disposeSequence(slot.id)
	}

	/** The next batch: every answer's next token, and the waiting prompts' shares of one piece. */
	private compose(): Row[] {
		const busy = this.options.slots.filter(({ job }) => job !== undefined && !job.cancelled)
		const answering = busy.filter(({ job }) => job?.answering === true)
		const reading = busy.filter(({ job }) => job?.answering === false)
		const planned: { slot: Slot<Job>; job: Job; length: number }[] = []
		for (const slot of answering) if (slot.job !== undefined) planned.push({ slot, job: slot.job, length: 1 })
		let room = this.options.pieceTokens
		let readers = reading.length
		// What can be read to its end is, the shortest first; the others get equal shares of what is left.
		for (const slot of reading.sort((a, b) => (a.job?.waiting.length ?? 0) - (b.job?.waiting.length ?? 0))) {
			if (slot.job === undefined) continue
			const need = slot.job.waiting.length
			const most = room - leastShare * (readers - 1)
			const length = need <= most ? need : Math.min(need, Math.ceil(room / readers))
			room -= length
			readers--
			if (length > 0) planned.push({ slot, job: slot.job, length })
		}
		if (planned.length === 0) return []
		this.options.context.initBatch(planned.reduce((sum, { length }) => sum + length, 0))
		return planned.map(({ slot, job, length }) => this.addRow(slot, job, length))
	}

	private addRow(slot: Slot<Job>, job: Job, length: number): Row {
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

	private async step(rows: readonly Row[]): Promise<void> {
		const { context, now } = this.options
		const size = rows.reduce((sum, { tokens }) => sum + tokens.length, 0)
		const threads = this.threads.choose(size)
		const beganAt = now()
		try {
			context.setThreads(threads)
			await context.decodeBatch()
		} catch (cause) {
			for (const { slot, job } of rows) this.fail(slot, job, cause)
			return
		}
		this.threads.took(size, threads, now() - beganAt)
		await Promise.all(rows.map((row) => this.advance(row)))
	}

	/** Takes the logits of an evaluated row further: to the prompt's scores and to the next token. */
	private async advance({ slot, job, tokens, logitIndexes, isLast }: Row): Promise<void> {
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
		this.answerMs += 0.2 * (this.options.now() - job.beganAt - this.answerMs)
		this.release(slot)
		job.work.ended()
	}

	private fail(slot: Slot<Job>, job: Job, cause: unknown): void {
		this.release(slot)
		this.forget(slot)
		if (job.cancelled) return
		job.cancelled = true
		job.work.failed(
			cause instanceof ChatError
				? cause
				: new ChatError('internal', 'The model failed while answering.', { cause, sent: 'yes' }),
		)
	}

	/** The slot stays warm for the conversation's next turn. */
	private release(slot: Slot<Job>): void {
		slot.job = undefined
	}
}
