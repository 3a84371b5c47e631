// An answer from its first event to its end. Whoever must know of it is told here: telemetry, the ledger's ticket, the turn that is
// kept, the upstream's lease; of every event as it comes, and of the end once.

import type { Completion } from '../chat/completion.ts'
import { CompletionFold, type PartialChoice } from '../chat/completion-fold.ts'
import { asChatError, ChatError } from '../chat/error.ts'
import type { ChatEvent } from '../chat/event.ts'
import type { Usage } from '../chat/usage.ts'
import type { TurnEnd } from '../conversations/conversation-store.ts'
import type { Outcome, Ticket } from '../ledger/ledger.ts'
import type { Clock } from '../system/clock.ts'
import type { RequestRecord } from '../telemetry/telemetry.ts'
import type { Lease } from './lease.ts'
import type { OpenTurn } from './open-turn.ts'

export interface OpenAnswerParts {
	readonly record: RequestRecord
	readonly lease: Lease
	readonly ticket: Ticket | undefined
	readonly turn: OpenTurn | undefined
	readonly clock: Clock
	readonly tellsContent: boolean
	/** Counts where no upstream did: `pieces` came, of the answer so far. */
	readonly count: (answer: readonly PartialChoice[], pieces: number) => Promise<Usage>
}

export class OpenAnswer {
	private readonly parts: OpenAnswerParts
	private readonly fold = new CompletionFold()
	/** In place of the fold, where the answer was read as a whole. */
	private completion: Completion | undefined
	/** Pieces that came: tokens, as far as is known before an upstream counts them. */
	private pieces = 0
	private usage: Usage | undefined
	private ending: Promise<void> | undefined

	constructor(parts: OpenAnswerParts) {
		this.parts = parts
	}

	/**
	 * Resolves when what must be on disk before anything is answered is there; undefined where that is nothing.
	 *
	 * @param whole nothing leaves before the end, which is waited for in any case, and the opening with it.
	 * @throws ChatError where it cannot be written.
	 */
	begun(whole: boolean): Promise<unknown> | undefined {
		const { ticket, turn } = this.parts
		const opened = whole ? undefined : ticket?.opened
		return turn === undefined ? opened : Promise.all([opened, turn.begin()])
	}

	/** Sees every event, once, in order. */
	watch(event: ChatEvent): void {
		const { record, clock, tellsContent } = this.parts
		if (event.type !== 'error') this.fold.add(event)
		switch (event.type) {
			case 'start':
				return
			case 'text':
				if (tellsContent) record.answer = `${record.answer ?? ''}${event.text}`
				this.piece(record, clock)
				return
			case 'reasoning':
			case 'refusal':
			case 'tool-arguments':
				this.piece(record, clock)
				return
			case 'tool-call':
				record.piece(clock.now())
				return
			case 'choice-finish':
				record.finishReason ??= event.reason
				return
			case 'finish':
				this.usage = event.usage
				return
			case 'error':
				if (event.error.kind !== 'cancelled') record.error = event.error
				if (event.usage !== undefined) this.usage = event.usage
		}
	}

	/** In place of events, where the answer was read as a whole. */
	whole(completion: Completion): void {
		const { record, clock, tellsContent } = this.parts
		this.completion = completion
		record.piece(clock.now())
		const [choice] = completion.choices
		if (choice !== undefined) record.finishReason = choice.finishReason
		this.usage = completion.usage
		if (tellsContent && choice !== undefined) record.answer = choice.text
	}

	/** What came until now is billed where the server dies. */
	progress(): void {
		this.parts.ticket?.progress({ completionTokens: this.pieces, upstream: this.parts.record.upstream ?? '' })
	}

	/**
	 * The answer is over, a second time does nothing. Resolves when that is on disk, as far as it must be.
	 *
	 * @param error why it broke off; `cancelled` where nobody wants more of it.
	 */
	end(error?: ChatError): Promise<void> {
		this.ending ??= this.write(error)
		return this.ending
	}

	/** What an upstream told, or what is counted here in its place. */
	counted(): Usage | Promise<Usage> {
		return this.usage === undefined || isUntold(this.usage) ? this.count() : this.usage
	}

	/** What was produced until now, as far as is known without counting. */
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
		// An account must be settled, come what may.
		this.usage = await this.parts.count(this.choices, this.pieces).catch(() => this.soFar())
		return this.usage
	}

	private get choices(): readonly PartialChoice[] {
		return this.completion?.choices ?? this.fold.soFar()
	}

	private async write(error: ChatError | undefined): Promise<void> {
		const { record, lease, ticket, turn, clock } = this.parts
		lease.end(error)
		const usage = await this.counted()
		record.usage = usage
		const outcome = outcomeOf(error)
		const settled = ticket?.settle({
			outcome,
			...(record.upstream === undefined ? {} : { upstream: record.upstream }),
			usage,
			settledAtMs: clock.now(),
		})
		if (turn === undefined) return settled
		const state = outcome === 'completed' ? wholeState(record) : outcome
		await Promise.all([settled, turn.end(state, this.choices, clock.now(), usage, error)])
	}

	private piece(record: RequestRecord, clock: Clock): void {
		this.pieces++
		record.piece(clock.now())
	}
}

/** No upstream said what its answer was in tokens. */
export function isUntold({ source, promptTokens }: Usage): boolean {
	return source === 'counted' && promptTokens === 0
}

/** What becomes of a failure to write the end down: the caller must not take the answer for kept. */
export function notKept(thrown: unknown): ChatError {
	const error = asChatError(thrown)
	return error.kind === 'internal'
		? new ChatError('unavailable', 'The answer could not be written down.', { cause: error.cause, sent: 'yes' })
		: error
}

function outcomeOf(error: ChatError | undefined): Exclude<Outcome, 'interrupted'> {
	if (error === undefined) return 'completed'
	return error.kind === 'cancelled' ? 'cancelled' : 'failed'
}

function wholeState({ finishReason }: RequestRecord): TurnEnd['state'] {
	return finishReason === 'length' || finishReason === 'content-filter' ? 'incomplete' : 'completed'
}
