// Operations on the caller's stored turns, in any dialect: stored completions and responses, their inputs and their
// histories. It does not know in what format clients see them; a missing object is reported as NotFound.

import type { Metadata, StoredMessage, Surface, Turn } from './conversation.ts'
import type { ConversationId } from './conversation-id.ts'
import type { ScopedConversations } from './conversation-store.ts'
import type { MessageId } from './message-id.ts'
import { type MessagePage, readMessagePage } from './message-page.ts'
import { NotFound, present } from './not-found.ts'
import type { Page, PageQuery } from './page.ts'
import type { TurnId } from './turn-id.ts'
import type { TurnQuery } from './turns.ts'

/** A turn that clients can retrieve by its id. */
export interface TurnReference {
	readonly id: TurnId
	readonly surface: Surface
	/** A turn that is still running is not found. */
	readonly ended?: true
}

export interface AnsweredTurn {
	readonly turn: Turn
	/** The messages of its answers, in order. */
	readonly answers: readonly StoredMessage[]
	/** A background response that waits to run. */
	readonly isQueued?: boolean | undefined
}

export class TurnService {
	private readonly own: ScopedConversations

	constructor(own: ScopedConversations) {
		this.own = own
	}

	/** @throws NotFound `cursor` */
	async list(query: TurnQuery): Promise<Page<AnsweredTurn>> {
		const page = present(await this.own.turns.list(query), 'cursor')
		const items: AnsweredTurn[] = []
		for (const turn of page.items) items.push(await this.withAnswers(turn))
		return { items, more: page.more }
	}

	/** @throws NotFound `turn` */
	async find(reference: TurnReference): Promise<AnsweredTurn> {
		return this.withAnswers(await this.require(reference))
	}

	/**
	 * The messages of the turn's request.
	 *
	 * @throws NotFound `turn` or `cursor`
	 */
	async inputs(reference: TurnReference, { after, limit, order }: PageQuery<MessageId>): Promise<Page<StoredMessage>> {
		const { inputs, conversation } = await this.require(reference)
		const all = order === 'asc' ? inputs : inputs.toReversed()
		const first = after === undefined ? 0 : all.indexOf(after) + 1
		if (after !== undefined && first === 0) throw new NotFound('cursor')
		const items = await this.readMessages(conversation, all.slice(first, first + limit))
		return { items, more: first + limit < all.length }
	}

	/**
	 * The messages before the turn's answer, including those of earlier turns.
	 *
	 * @throws NotFound `turn` or `cursor`
	 */
	async history(
		reference: TurnReference,
		query: PageQuery<MessageId>,
	): Promise<{ readonly turn: Turn; readonly page: MessagePage }> {
		const turn = await this.require(reference)
		const tip = turn.inputs.at(-1) ?? turn.parent
		const page =
			tip === undefined
				? { items: [], more: false }
				: await readMessagePage(this.own, turn.conversation, { ...query, tip })
		return { turn, page }
	}

	/** @throws NotFound `turn` */
	async update(reference: TurnReference, metadata: Metadata): Promise<AnsweredTurn> {
		await this.require(reference)
		return this.withAnswers(present(await this.own.turns.update(reference.id, metadata), 'turn'))
	}

	/** @throws NotFound `turn` */
	async remove(reference: TurnReference): Promise<void> {
		await this.require(reference)
		if (!(await this.own.turns.remove(reference.id))) throw new NotFound('turn')
	}

	/** Whether a turn of any surface is running; undefined if it does not exist. */
	async isRunning(id: TurnId): Promise<boolean | undefined> {
		const turn = await this.own.turns.find(id)
		return turn === undefined ? undefined : turn.state === 'running'
	}

	/**
	 * Ends a running turn as `cancelled`, whichever process runs it. That process stops within seconds, and adds the
	 * partial answer.
	 */
	async cancel(id: TurnId, nowMs: number): Promise<void> {
		await this.own.turns.end(id, { state: 'cancelled', endedAtMs: nowMs, answers: [] })
	}

	private async require({ id, surface, ended }: TurnReference): Promise<Turn> {
		const turn = present(await this.own.turns.find(id), 'turn')
		const isFound = turn.stored && turn.surface === surface && !(ended === true && turn.state === 'running')
		if (!isFound) throw new NotFound('turn')
		return turn
	}

	private async withAnswers(turn: Turn): Promise<AnsweredTurn> {
		return {
			turn,
			answers: await this.readMessages(
				turn.conversation,
				turn.answers.map(({ message }) => message),
			),
		}
	}

	private async readMessages(
		conversation: ConversationId,
		ids: readonly MessageId[],
	): Promise<readonly StoredMessage[]> {
		const messages: StoredMessage[] = []
		for (const id of ids) {
			const message = await this.own.history.message(conversation, id)
			if (message !== undefined) messages.push(message)
		}
		return messages
	}
}
