// A conversation store whose turns always end: what the database does not accept is delivered later by the outbox, and
// reads include what is pending as soon as the database accepts it. All other operations are those of the store.

import { isTemporary } from '../chat/error.ts'
import type { Scope } from '../keys/scope.ts'
import type { Metadata, Turn } from './conversation.ts'
import type { ConversationId } from './conversation-id.ts'
import type { ConversationStore } from './conversation-store.ts'
import type { MessageId } from './message-id.ts'
import type { Page } from './page.ts'
import type { RunningTurns } from './running-turns.ts'
import type { TurnId } from './turn-id.ts'
import type { TurnOutbox } from './turn-outbox.ts'
import type { NewTurn, TurnConflict, TurnEnd, TurnQuery, Turns } from './turns.ts'

export interface TurnDelivery {
	readonly outbox: TurnOutbox
	readonly running: RunningTurns
}

export function deliveredConversations(store: ConversationStore, delivery: TurnDelivery): ConversationStore {
	return {
		in(scope) {
			const { index, history, turns, shares } = store.in(scope)
			const settle = () => delivery.outbox.settle(scope)
			return {
				// A list may lack the newest answers while the database accepts no writes; a history that a turn continues from
				// must not.
				index: after(() => settle().catch(() => undefined), index),
				history: after(settle, history),
				shares: after(settle, shares),
				turns: new DeliveredTurns(turns, scope, delivery),
			}
		},
		maintenance: store.maintenance,
		subscribe: (listener) => store.subscribe(listener),
	}
}

/** The same object, whose methods begin after `first`. */
function after<Part extends object>(first: () => Promise<void>, part: Part): Part {
	return new Proxy(part, {
		get(target, name) {
			const member: unknown = Reflect.get(target, name, target)
			if (typeof member !== 'function') return member
			return async (...parameters: unknown[]) => {
				await first()
				return member.apply(target, parameters)
			}
		},
	})
}

class DeliveredTurns implements Turns {
	private readonly turns: Turns
	private readonly scope: Scope
	private readonly outbox: TurnOutbox
	private readonly running: RunningTurns

	constructor(turns: Turns, scope: Scope, { outbox, running }: TurnDelivery) {
		this.turns = turns
		this.scope = scope
		this.outbox = outbox
		this.running = running
	}

	get failing(): boolean {
		return this.running.failing
	}

	/** If the outcome is unknown, the turn is dropped. */
	async begin(turn: NewTurn): Promise<'begun' | 'not-found' | TurnConflict> {
		this.running.beginning(this.scope, turn.id)
		try {
			await this.outbox.settle(this.scope)
			const begun = await this.turns.begin(turn)
			this.running.failing = false
			if (begun === 'begun') this.running.begun(turn.id)
			else this.running.ended(turn.id)
			return begun
		} catch (thrown) {
			this.running.failing = isTemporary(thrown)
			this.running.ended(turn.id, true)
			void this.drop(turn.id).catch(() => undefined)
			throw thrown
		}
	}

	async end(id: TurnId, end: TurnEnd): Promise<void> {
		this.running.ending(id)
		try {
			await this.outbox.put({ scope: this.scope, turn: id, end })
		} finally {
			this.running.ended(id)
		}
	}

	async drop(id: TurnId): Promise<void> {
		this.running.ending(id)
		try {
			await this.outbox.put({ scope: this.scope, turn: id, end: undefined })
		} finally {
			this.running.ended(id)
		}
	}

	async find(id: TurnId): Promise<Turn | undefined> {
		await this.settleIfPossible()
		return this.turns.find(id)
	}

	async list(query: TurnQuery): Promise<Page<Turn> | undefined> {
		await this.settleIfPossible()
		return this.turns.list(query)
	}

	async update(id: TurnId, metadata: Metadata): Promise<Turn | undefined> {
		await this.settleIfPossible()
		return this.turns.update(id, metadata)
	}

	async remove(id: TurnId): Promise<boolean> {
		await this.settleIfPossible()
		return this.turns.remove(id)
	}

	async removeFrom(conversation: ConversationId, id: MessageId, nowMs: number): Promise<boolean> {
		await this.settleIfPossible()
		return this.turns.removeFrom(conversation, id, nowMs)
	}

	/** A turn whose end is pending is shown as running while the database accepts no writes. */
	private async settleIfPossible(): Promise<void> {
		await this.outbox.settle(this.scope).catch(() => undefined)
	}
}
