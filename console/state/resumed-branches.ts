// The questions of the outbox that belong to a conversation: they are shown, and sent when no other tab does.

import { batch, signal } from '@preact/signals'
import { isKeyRefused } from '../api/server.ts'
import { AnsweredBranches } from './answered-branches.ts'
import type { ChatColumn } from './chat-column.ts'
import { waitForConnection } from './connection.ts'
import type { Draft } from './draft.ts'
import { type FoundTurn, findTurn } from './find-turn.ts'
import { isLoss } from './follow-answer.ts'
import { ifFreeSoon, type OutboxEntry, outboxOf, removeEntry, whileResuming } from './outbox.ts'
import { sendEntry } from './outbox-sender.ts'
import { signedInAgain } from './session.ts'
import type { PageTurn } from './turn-tree.ts'
import { unsentTurn } from './unsent-turn.ts'

export type ChatState =
	| { readonly type: 'new' }
	/** `failure`: of the last attempt. */
	| { readonly type: 'loading'; readonly failure?: unknown }
	| { readonly type: 'open' }
	| { readonly type: 'failed'; readonly failure: unknown }

/** Whether a new chat of this page has looked into the outbox: later ones are for other questions. */
let hasResumed = false

export abstract class ResumedBranches extends AnsweredBranches {
	readonly state = signal<ChatState>({ type: 'new' })
	protected readonly column: ChatColumn | undefined

	/** @param column shows and asks in the branch of this column alone. */
	constructor(draft: Draft, column: ChatColumn | undefined) {
		super(draft)
		this.column = column
	}

	/** Shows the questions of the outbox that belong here, and sends them when no other tab does. */
	protected resumeOutbox(): void {
		for (const entry of outboxOf(this.id.value)) {
			if (!this.contains(entry)) continue
			if (this.tree.value.all.some(({ clientId }) => clientId === entry.clientId)) {
				removeEntry(entry.clientId)
				continue
			}
			const turn = this.addUnsent(entry)
			void whileResuming(entry.clientId, (found) => this.resume(turn, found))
		}
	}

	/** Begins this conversation with a question of the outbox, unless another tab sends it. */
	protected resumeFirst(): void {
		// Each question that begins a conversation needs one of its own.
		const [first] = hasResumed ? [] : outboxOf(undefined)
		hasResumed = true
		if (first === undefined) return
		void ifFreeSoon(first.clientId, async (entry) => {
			if (entry === undefined) return
			const isUsed = this.isClosed || this.tree.value.all.length > 0 || !this.draft.isEmpty
			if (isUsed) await sendEntry(entry)
			else await this.resume(this.addUnsent(entry), entry)
		})
	}

	/** Without the server the questions that wait for it are all that is known. They are sent when the conversation is open. */
	protected showOutbox(id: string): void {
		if (this.tree.value.all.length > 0) return
		for (const entry of outboxOf(id)) {
			const { answer } = this.addUnsent(entry)
			answer.state.value = { type: 'unsent', reason: { type: 'unreachable' } }
		}
	}

	protected async resume(turn: PageTurn, entry: OutboxEntry | undefined): Promise<void> {
		if (this.isClosed) {
			await sendEntry(entry)
			return
		}
		if (entry?.failure !== undefined) turn.answer.fail(entry.failure)
		else if (entry !== undefined) await this.send(turn, entry)
		else {
			// Another tab has sent it, or it was withdrawn there.
			const found = await this.findSent(turn)
			// It may have been withdrawn here meanwhile.
			if (this.tree.value.find(turn.id) === undefined) return
			if (found === undefined) this.remove(turn)
			else {
				turn.answer.detach()
				void this.read(this.nameTurn(turn, found.turn.id))
			}
		}
	}

	/** The turn of a question that another tab has sent, as the server has it. Waits for a connection. */
	private async findSent({ clientId = '', answer }: PageTurn): Promise<FoundTurn | undefined> {
		const { signal } = this.ending
		for (let attempt = 0; !signal.aborted; attempt++)
			try {
				return await findTurn(this.id.value, clientId, signal)
			} catch (failure) {
				if (isKeyRefused(failure)) {
					await signedInAgain(signal)
					continue
				}
				if (signal.aborted || !isLoss(failure)) return undefined
				answer.state.value = { type: 'unsent', reason: { type: 'unreachable' } }
				await waitForConnection(attempt, signal)
			}
		return undefined
	}

	protected override contains({ column }: Pick<PageTurn, 'column'>): boolean {
		return this.column === undefined || column === this.column.number
	}

	protected addUnsent(entry: OutboxEntry): PageTurn {
		const turn = unsentTurn(entry)
		batch(() => {
			this.tree.value = this.tree.value.with(turn)
			this.leaf.value = turn.id
			this.state.value = { type: 'open' }
		})
		return turn
	}
}
