// The record of one call from its admission to its end. It holds the only fold of the answer, and passes every event,
// and the end once, to telemetry, the ledger's ticket, the reservation, the stored turn and the upstream's lease. It
// does not know how answers are written. Long because the order in which the records of one call are settled depends on
// everything that was observed of its answer.

import type { Completion } from '../chat/completion.ts'
import { CompletionFold, type PartialChoice } from '../chat/completion-fold.ts'
import type { ChatError } from '../chat/error.ts'
import type { ChatEvent, FinishReason, StartedPart } from '../chat/event.ts'
import { textOf } from '../chat/parts.ts'
import { isEstimated, type Usage } from '../chat/usage.ts'
import type { TurnHolder } from '../dialects/call.ts'
import type { EventBatch } from '../engines/answer.ts'
import { cancelled } from '../engines/running-calls.ts'
import { costOf } from '../ledger/entry.ts'
import type { Settlement } from '../ledger/ledger.ts'
import type { Reservation } from '../limits/limiter.ts'
import { publicNameOf } from '../routing/model.ts'
import { type Admitted, isUnary, reservedTokensOf } from './admit.ts'
import { outcomeOf, stateOf } from './answer-outcome.ts'
import { answeredRequest } from './answered-request.ts'
import { countUsage } from './count.ts'
import type { Upstream } from './deployment.ts'
import type { Lease } from './lease.ts'
import type { OpenTurn } from './open-turn.ts'
import { OutputTiming } from './output-timing.ts'
import { checkUsage } from './reported-usage.ts'
import type { Serving } from './serving.ts'
import { asStorageError } from './storage-error.ts'

/** As many as are counted exactly, whatever the length of an answer. */
const sampledCharacters = 262_144

/** The upstream that answers. */
export interface Answering {
	readonly upstream: Upstream
	readonly lease: Lease
	/** Parts of the request that it did not receive. */
	readonly dropped: readonly string[]
}

export class AnswerRecorder {
	private readonly admitted: Admitted
	private readonly serving: Serving
	private readonly fold: CompletionFold
	/** Used instead of the fold if the answer is unary. */
	private unary: Completion | undefined
	private answering: Answering | undefined
	/** Of the answer, as its upstream reported it. */
	private model: string | undefined
	/** Deltas: an estimate of the tokens until the upstream reports usage. */
	private outputs = 0
	private usage: Usage | undefined
	/** Of the first choice that was complete. */
	private finishReason: FinishReason | undefined
	private readonly timing = new OutputTiming()
	private isStreaming = false
	/** Whether the upstream shows its reasoning: otherwise its tokens are not among those that were timed. */
	private showsReasoning = false
	/** The upstream reported usage that cannot be right. */
	replacesUsage = false
	private settling: Promise<void> | undefined

	constructor(admitted: Admitted, serving: Serving) {
		this.admitted = admitted
		this.serving = serving
		this.fold = new CompletionFold(
			isOnlyCounted(admitted) ? { sampleCharacters: sampledCharacters } : { maxBytes: serving.answerBytes },
		)
	}

	/** An upstream began to answer. Its lease ends immediately if the call was cancelled in the meantime. */
	begin(answering: Answering): void {
		if (this.settling === undefined) this.answering = answering
		else answering.lease.end(cancelled('maybe'))
	}

	/** The answer outlives `execute`: its reader settles the call. */
	stream(): void {
		this.isStreaming = true
	}

	/** Whether the end of `execute` is the end of the call. */
	get endsWithExecution(): boolean {
		return !this.isStreaming && this.settling === undefined
	}

	/** Must be called with every event of a stream, once, in order. */
	observe(event: ChatEvent): void {
		if (event.type !== 'error') this.fold.add(event)
		switch (event.type) {
			case 'start':
				this.model = event.model
				return
			case 'part-end':
			case 'rest':
				return
			case 'part-start':
				if (isOutput(event.part)) this.observeOutput('')
				return
			case 'part-delta':
				this.outputs++
				if (event.part === 'reasoning') this.showsReasoning = true
				this.observeOutput(event.part === 'text' ? event.text : '')
				return
			case 'choice-finish':
				this.observeFinish(event.reason)
				return
			case 'finish':
				this.usage = this.check(event.usage)
				return
			case 'error':
				if (event.error.kind !== 'cancelled') this.admitted.observer.observe({ type: 'failed', error: event.error })
				if (event.usage !== undefined) this.usage = this.check(event.usage)
				return
			default:
				event satisfies never
		}
	}

	/** Called instead of `observe` for a unary answer. */
	observeUnary(completion: Completion, atMs: number): void {
		this.unary = completion
		this.model = completion.model
		this.usage = this.check(completion.usage)
		const [first] = completion.choices
		this.finishReason = first?.finishReason
		const text = textOf(first?.parts ?? [])
		this.admitted.observer.observe({ type: 'answered', atMs, text, finishReason: this.finishReason })
	}

	/**
	 * Called instead of `observe` for the result of another operation. The last call decides what is billed.
	 *
	 * @returns what is billed: `usage`, or an estimate if it cannot be right.
	 */
	observeUsage(usage: Usage): Usage {
		this.usage = this.check(usage)
		return this.usage
	}

	/**
	 * The complete answer, with the usage that is billed.
	 *
	 * @throws ChatError `upstream-failed` if the answer is incomplete.
	 */
	async completion(): Promise<Completion> {
		const completion = this.unary ?? this.fold.completion()
		return this.isUsageEstimated ? { ...completion, usage: await this.billedUsage() } : completion
	}

	/** Whether the upstream reported no usage, or none that can be right. */
	get isUsageEstimated(): boolean {
		return this.usage === undefined || isEstimated(this.usage)
	}

	/** Parts of the request that the upstream did not receive; none until it began to answer. */
	get dropped(): readonly string[] {
		return this.answering?.dropped ?? []
	}

	/** The usage until now, without counting tokens. */
	get usageSoFar(): Usage {
		return (
			this.usage ?? {
				promptTokens: 0,
				completionTokens: this.outputs,
				cachedTokens: 0,
				reasoningTokens: 0,
				source: 'counted',
			}
		)
	}

	/** The usage that the upstream reported, or else the usage counted here. */
	async billedUsage(): Promise<Usage> {
		return this.usage === undefined || this.isUsageEstimated ? this.count() : this.usage
	}

	/**
	 * Extends the reservation to `batches`, which may only be sent then; undefined if it covers them already.
	 *
	 * @throws ChatError `rate-limited` if a limit does not allow it, `unavailable` if it cannot be recorded.
	 */
	reserve(batches: readonly EventBatch[]): Promise<void> | undefined {
		const { reservation } = this.admitted
		if (reservation === undefined) return undefined
		const tokens = this.outputs + countOutputs(batches)
		return tokens <= reservation.outputTokens ? undefined : this.extend(reservation, tokens)
	}

	/** Records the output until now, which is billed if the server crashes. */
	recordProgress(): void {
		const { ticket } = this.admitted
		ticket?.progress({ completionTokens: this.outputs, upstream: this.answering?.upstream.name ?? '' })
	}

	/**
	 * Ends the call. Idempotent. Resolves when the records that must be durable are on disk.
	 *
	 * @param error why there is no complete answer; `cancelled` if the client disconnected or cancelled it.
	 */
	settle(error?: ChatError): Promise<void> {
		const { call } = this.admitted
		const holder = call.type === 'chat' ? call.holder : undefined
		this.settling ??= holder === undefined ? this.end(error) : this.endHeld(holder, error)
		return this.settling
	}

	private check(usage: Usage): Usage {
		const { outputs, serving, admitted } = this
		const upstream = this.answering?.upstream.name ?? ''
		const checked = checkUsage(
			usage,
			{ call: admitted.call, upstream, shownCharacters: () => this.shownCharacters, outputs },
			serving,
		)
		if (checked !== usage) this.replacesUsage = true
		return checked
	}

	private end(error: ChatError | undefined): Promise<void> {
		return this.answering === undefined ? this.settleUnanswered(error) : this.settleAnswer(this.answering, error)
	}

	/** The turn is held if its records are on disk and it has an answer. */
	private async endHeld(holder: TurnHolder, error: ChatError | undefined): Promise<void> {
		try {
			await this.end(error)
		} catch (thrown) {
			holder.fail()
			throw thrown
		}
		const [answer] = this.choices
		if (error !== undefined || answer === undefined) return holder.fail()
		holder.complete(this.admitted.token, { role: 'assistant', content: answer.parts, rest: answer.rest })
	}

	private async extend(reservation: Reservation, tokens: number): Promise<void> {
		await reservation.extend(tokens)
		try {
			await this.admitted.ticket?.extend(reservedTokensOf(reservation))
		} catch (thrown) {
			// The upstream is not at fault: its breaker must not count this error.
			this.answering?.lease.end()
			throw asStorageError(thrown)
		}
	}

	private async settleAnswer({ upstream, lease }: Answering, error: ChatError | undefined): Promise<void> {
		const { observer, reservation, model } = this.admitted
		lease.end(error)
		const usage = this.isCounted ? await this.billedUsage() : this.usage
		if (usage !== undefined) observer.observe({ type: 'usage', usage, cost: costOf(model.price, usage) })
		if (error === undefined) this.measureSpeed(usage)
		if (!this.isStreaming) return this.settleUnary(upstream.name, usage, error)
		reservation?.settle(usage)
		const settled = this.settleTicket({ outcome: outcomeOf(error), upstream: upstream.name, usage })
		await allDone([settled, this.endTurn(usage, error)])
	}

	private measureSpeed(usage: Usage | undefined): void {
		const { outputMs } = this.timing
		const { model } = this.admitted
		if (usage === undefined || outputMs === undefined) return
		const { completionTokens, reasoningTokens } = usage
		const tokens = this.showsReasoning ? completionTokens : completionTokens - reasoningTokens
		this.serving.speeds.measured(publicNameOf(model), tokens, outputMs)
	}

	/** In sequence: what cannot be stored is not answered, and what is not answered is not billed. */
	private async settleUnary(upstream: string, usage: Usage | undefined, error: ChatError | undefined): Promise<void> {
		const { reservation, turn } = this.admitted
		try {
			await this.endTurn(usage, error)
		} catch (thrown) {
			reservation?.settle(undefined)
			this.dropTurn(turn)
			await this.settleTicket({ outcome: 'failed', upstream }).catch(() => undefined)
			throw thrown
		}
		try {
			await this.settleTicket({ outcome: outcomeOf(error), upstream, usage })
			reservation?.settle(usage)
		} catch (thrown) {
			reservation?.settle(undefined)
			this.dropTurn(turn)
			throw thrown
		}
	}

	/**
	 * Without usage: no upstream answered. The turn of a background response reports the failure; any other is deleted.
	 */
	private async settleUnanswered(error: ChatError | undefined): Promise<void> {
		const { reservation, turn } = this.admitted
		reservation?.settle(undefined)
		const settled = this.settleTicket({ outcome: outcomeOf(error) })
		if (this.isStreaming) return allDone([settled, this.endTurn(undefined, error)])
		this.dropTurn(turn)
		await settled
	}

	private async settleTicket(settlement: Omit<Settlement, 'settledAtMs'>): Promise<void> {
		await this.admitted.ticket?.settle({ ...settlement, settledAtMs: this.serving.clock.now() })
	}

	/** The turn of a unary answer that failed is deleted, unless its client disconnected. */
	private async endTurn(usage: Usage | undefined, error: ChatError | undefined): Promise<void> {
		const { turn, model, received } = this.admitted
		if (turn === undefined) return
		const outcome = outcomeOf(error)
		if (outcome === 'failed' && !this.isStreaming) return this.dropTurn(turn)
		const state = stateOf(outcome, this.finishReason)
		const receivedAtMs = this.isStreaming ? received.receivedAtMs : undefined
		const metrics = usage === undefined ? undefined : this.timing.metrics(usage, model.price, receivedAtMs)
		const answered = answeredRequest(this.admitted, { model: this.model, dropped: this.dropped })
		await turn.end({ state, choices: this.choices, nowMs: this.serving.clock.now(), usage, metrics, answered, error })
	}

	private dropTurn(turn: OpenTurn | undefined): void {
		if (turn !== undefined) this.serving.backgroundTasks.add(turn.drop(), 'dropping a turn')
	}

	private async count(): Promise<Usage> {
		const { admitted, answering, serving } = this
		const { call } = admitted
		if (answering === undefined || (call.type !== 'chat' && call.type !== 'complete')) return this.usageSoFar
		const { outputs, choices, fold } = this
		const answer = { upstream: answering.upstream, choices, sampleRatio: fold.sampleRatio, outputs }
		const counted = countUsage({ ...admitted, call }, answer, serving)
		// The ticket must be settled even if counting fails.
		this.usage = await counted.catch(() => this.usageSoFar)
		return this.usage
	}

	/** Whether tokens are counted here if the upstream reports none. */
	private get isCounted(): boolean {
		const { type } = this.admitted.call
		return type === 'chat' || type === 'complete'
	}

	/** Of the answer as JSON. */
	private get shownCharacters(): number {
		return JSON.stringify(this.choices).length + this.fold.omitted
	}

	private get choices(): readonly PartialChoice[] {
		return this.unary?.choices ?? this.fold.soFar()
	}

	private observeOutput(text: string): void {
		const atMs = this.serving.clock.now()
		this.timing.observe(atMs)
		this.admitted.observer.observe({ type: 'output', atMs, text })
	}

	private observeFinish(reason: FinishReason): void {
		this.finishReason ??= reason
		this.admitted.observer.observe({ type: 'finish-reason', reason })
	}
}

/**
 * Unlike `Promise.all`, waits for all of them.
 *
 * @throws the first failure.
 */
async function allDone(work: readonly Promise<void>[]): Promise<void> {
	await Promise.allSettled(work)
	await Promise.all(work)
}

/**
 * Whether the answer is only counted while it streams: no turn and no later request needs it, and its writer does not repeat it. Everything
 * else is in memory until its end.
 */
function isOnlyCounted({ call, turn }: Admitted): boolean {
	if (call.type !== 'chat' && call.type !== 'complete') return false
	if (isUnary(call) || turn !== undefined || call.writer.repeatsAnswer === true) return false
	return call.type === 'complete' || call.holder === undefined
}

/** Whether the start of a part is output by itself. */
function isOutput({ type }: StartedPart): boolean {
	return type !== 'text' && type !== 'reasoning' && type !== 'refusal'
}

/** Each delta is counted as one token, as long as the upstream reports no usage. */
function countOutputs(batches: readonly EventBatch[]): number {
	let outputs = 0
	for (const { events } of batches) for (const { type } of events) if (type === 'part-delta') outputs++
	return outputs
}
