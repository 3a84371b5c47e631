// An answer from its first event to its end. Passes every event, and the end once, to telemetry, the ledger's ticket, the stored turn and
// the upstream's lease.

import type { Completion } from '../chat/completion.ts'
import { CompletionFold, type PartialChoice } from '../chat/completion-fold.ts'
import { asChatError, ChatError } from '../chat/error.ts'
import type { ChatEvent, FinishReason } from '../chat/event.ts'
import type { Usage } from '../chat/usage.ts'
import type { TurnEnd } from '../conversations/turns.ts'
import type { Outcome, Ticket } from '../ledger/ledger.ts'
import type { Clock } from '../system/clock.ts'
import type { RequestObserver } from '../telemetry/observer.ts'
import type { Lease } from './lease.ts'
import type { OpenTurn } from './open-turn.ts'

export interface OpenAnswerParts {
	readonly observer: RequestObserver
	/** Name of the upstream that answers. */
	readonly upstream: string
	readonly lease: Lease
	readonly ticket: Ticket | undefined
	readonly turn: OpenTurn | undefined
	readonly clock: Clock
	/** Counts tokens if the upstream reports no usage. `answer` is the output until now, `pieces` the number of events that it came in. */
	readonly count: (answer: readonly PartialChoice[], pieces: number) => Promise<Usage>
}

export class OpenAnswer {
	private readonly parts: OpenAnswerParts
	private readonly fold = new CompletionFold()
	/** Used instead of the fold if the answer was read as a whole. */
	private completion: Completion | undefined
	/** Events with output: an estimate of the tokens until the upstream reports usage. */
	private pieces = 0
	private usage: Usage | undefined
	/** Of the first choice that was complete. */
	private finishReason: FinishReason | undefined
	private ending: Promise<void> | undefined

	constructor(parts: OpenAnswerParts) {
		this.parts = parts
	}

	/**
	 * Resolves when everything that must be durable before the first byte is sent is on disk; undefined if there is nothing to wait for.
	 *
	 * @param whole the response is unary: its end is awaited in any case, and includes the opening of the ticket.
	 * @throws ChatError if a write fails.
	 */
	begun(whole: boolean): Promise<unknown> | undefined {
		const { ticket, turn } = this.parts
		const opened = whole ? undefined : ticket?.opened
		return turn === undefined ? opened : Promise.all([opened, turn.begin()])
	}

	/** Must be called with every event, once, in order. */
	watch(event: ChatEvent): void {
		const { observer } = this.parts
		if (event.type !== 'error') this.fold.add(event)
		switch (event.type) {
			case 'start':
				return
			case 'text':
				this.pieces++
				this.observeOutput(event.text)
				return
			case 'reasoning':
			case 'refusal':
			case 'tool-arguments':
				this.pieces++
				this.observeOutput('')
				return
			case 'tool-call':
				this.observeOutput('')
				return
			case 'choice-finish':
				this.finishChoice(event.reason)
				return
			case 'finish':
				this.usage = event.usage
				return
			case 'error':
				if (event.error.kind !== 'cancelled') observer.observe({ type: 'failed', error: event.error })
				if (event.usage !== undefined) this.usage = event.usage
				return
			default:
				event satisfies never
		}
	}

	/** Called instead of `watch` if the answer was read as a whole. */
	whole(completion: Completion): void {
		this.completion = completion
		const [choice] = completion.choices
		this.observeOutput(choice?.text ?? '')
		if (choice !== undefined) this.finishChoice(choice.finishReason)
		this.usage = completion.usage
	}

	/** Records the output until now, which is billed if the server crashes. */
	progress(): void {
		this.parts.ticket?.progress({ completionTokens: this.pieces, upstream: this.parts.upstream })
	}

	/**
	 * Ends the answer. Idempotent. Resolves when the records that must be durable are on disk.
	 *
	 * @param error why the answer is incomplete; `cancelled` if the client disconnected or cancelled it.
	 */
	end(error?: ChatError): Promise<void> {
		this.ending ??= this.write(error)
		return this.ending
	}

	/** The usage that the upstream reported, or else the usage counted here. */
	counted(): Usage | Promise<Usage> {
		return this.usage === undefined || isEstimated(this.usage) ? this.count() : this.usage
	}

	/** The usage until now, without counting tokens. */
	soFar(): Usage {
		return (
			this.usage ?? {
				promptTokens: 0,
				completionTokens: this.pieces,
				cachedTokens: 0,
				reasoningTokens: 0,
				source: 'counted',
			}
		)
	}

	private async count(): Promise<Usage> {
		// The ticket must be settled even if counting fails.
		this.usage = await this.parts.count(this.choices, this.pieces).catch(() => this.soFar())
		return this.usage
	}

	private get choices(): readonly PartialChoice[] {
		return this.completion?.choices ?? this.fold.soFar()
	}

	private async write(error: ChatError | undefined): Promise<void> {
		const { observer, upstream, lease, ticket, turn, clock } = this.parts
		lease.end(error)
		const usage = await this.counted()
		observer.observe({ type: 'usage', usage })
		const outcome = outcomeOf(error)
		const settled = ticket?.settle({
			outcome,
			upstream,
			usage,
			settledAtMs: clock.now(),
		})
		if (turn === undefined) return settled
		const state = outcome === 'completed' ? wholeState(this.finishReason) : outcome
		await Promise.all([settled, turn.end(state, this.choices, clock.now(), usage, error)])
	}

	private observeOutput(text: string): void {
		const { observer, clock } = this.parts
		observer.observe({ type: 'output', atMs: clock.now(), text })
	}

	private finishChoice(reason: FinishReason): void {
		this.finishReason ??= reason
		this.parts.observer.observe({ type: 'finish-reason', reason })
	}
}

/** Whether the upstream reported no usage. */
export function isEstimated({ source, promptTokens }: Usage): boolean {
	return source === 'counted' && promptTokens === 0
}

/** The error for a failure to store the end of an answer: the caller must not assume that the answer is stored. */
export function asStorageError(thrown: unknown): ChatError {
	const error = asChatError(thrown)
	return error.kind === 'internal'
		? new ChatError('unavailable', 'The answer could not be stored.', { cause: error.cause, sent: 'yes' })
		: error
}

function outcomeOf(error: ChatError | undefined): Exclude<Outcome, 'interrupted'> {
	if (error === undefined) return 'completed'
	return error.kind === 'cancelled' ? 'cancelled' : 'failed'
}

function wholeState(finishReason: FinishReason | undefined): TurnEnd['state'] {
	return finishReason === 'length' || finishReason === 'content-filter' ? 'incomplete' : 'completed'
}
