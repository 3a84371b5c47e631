// Operations on the caller's stored conversations, in any dialect: creation, lists, appended messages, edits and
// exports. It does not know in what format clients see them; a missing object is reported as NotFound, and the dialect
// writes the error.

import type { Message } from '../chat/message.ts'
import { type Conversation, lastMessageOf, type Metadata, type StoredMessage, type Turn } from './conversation.ts'
import { type ConversationId, newConversationId } from './conversation-id.ts'
import type { ConversationQuery, FoundConversation } from './conversation-index.ts'
import type { ScopedConversations } from './conversation-store.ts'
import type { ExportedConversation, HistoryPageQuery } from './history.ts'
import { inputId, type MessageId } from './message-id.ts'
import type { FoundMessages, MessageLookup } from './message-lookup.ts'
import { type MessagePage, readMessagePage } from './message-page.ts'
import { NotFound, present } from './not-found.ts'
import type { Page } from './page.ts'
import { newTurnId, type TurnId } from './turn-id.ts'
import type { NewTurn } from './turns.ts'

export interface NewConversation {
	readonly user?: string | undefined
	readonly title?: string | undefined
	readonly metadata: Metadata
	/** Milliseconds since 1970, for conversations from elsewhere; never later than now, which is the default. */
	readonly createdAtMs?: number | undefined
}

/** Where and when appended messages were written. */
export interface Addition {
	/** The message that they continue from, as a branch if it has others after it: null for the start of the conversation. The last one if absent. */
	readonly parent?: MessageId | null | undefined
	/** Milliseconds since 1970; never later than now, which is the default. */
	readonly createdAtMs?: number | undefined
	/** The model that wrote the answers among them. */
	readonly model?: string | undefined
	/** Of their turn. */
	readonly metadata?: Metadata | undefined
}

/** A message that was just added; its position in the conversation is not known. */
export type AddedMessage = Pick<StoredMessage, 'id' | 'message' | 'partial'>

/** Every branch, oldest first. */
export interface ConversationExport extends ExportedConversation {
	readonly conversation: Conversation
}

export interface ConversationHistory {
	readonly conversation: Conversation
	/** Up to the head, oldest first. */
	readonly messages: readonly StoredMessage[]
}

/** Number of conflicts after which appended messages become a branch. */
const maxConflicts = 5
/** Number of objects per read from the store. */
const pageSize = 200

export class ConversationService {
	private readonly own: ScopedConversations
	private readonly nowMs: number
	private readonly process: string

	/** @param context the current time in milliseconds since 1970, and this process, for turns that it begins. */
	constructor(own: ScopedConversations, context: { readonly nowMs: number; readonly process: string }) {
		this.own = own
		this.nowMs = context.nowMs
		this.process = context.process
	}

	/** Creates a conversation that lists include, with its first messages in the same transaction. */
	async create(wanted: NewConversation, messages: readonly Message[]): Promise<Conversation> {
		const createdAtMs = this.timeOf(wanted.createdAtMs)
		const conversation: Conversation = {
			...wanted,
			id: newConversationId(),
			listed: true,
			createdAtMs,
			updatedAtMs: createdAtMs,
		}
		if (messages.length === 0) {
			await this.own.index.create(conversation)
			return conversation
		}
		const turn = this.newTurn(conversation.id, messages, { createdAtMs })
		await this.own.turns.begin({ ...turn, create: conversation, onConflict: 'branch' })
		await this.own.turns.end(turn.id, { state: 'completed', endedAtMs: createdAtMs, answers: [] })
		return conversation
	}

	/**
	 * Adds messages after the last one of the conversation, as a turn that ends immediately. They follow messages that
	 * another request adds in the meantime, and become a branch beside a turn that is still running.
	 *
	 * @param messages at least one.
	 * @throws NotFound `conversation`, or `message` for the parent
	 */
	async append(
		conversation: ConversationId,
		messages: readonly Message[],
		addition: Addition = {},
	): Promise<readonly AddedMessage[]> {
		const turn = this.newTurn(conversation, messages, addition)
		if (addition.parent === undefined) await this.beginAtEnd(turn)
		else await this.beginAfter(turn, addition.parent ?? undefined)
		await this.own.turns.end(turn.id, { state: 'completed', endedAtMs: turn.createdAtMs, answers: [] })
		return messages.map((message, index) => ({ id: inputId(turn.id, index), message, partial: false }))
	}

	private async beginAfter(turn: Omit<NewTurn, 'onConflict'>, parent: MessageId | undefined): Promise<void> {
		const { conversation } = turn
		if (parent === undefined) await this.find(conversation)
		else await this.message(conversation, parent)
		const begun = await this.own.turns.begin({ ...turn, parent, onConflict: 'branch' })
		if (begun === 'not-found') throw new NotFound('conversation')
	}

	private async beginAtEnd(turn: Omit<NewTurn, 'onConflict'>): Promise<void> {
		const { conversation } = turn
		let parent: MessageId | undefined
		for (let conflicts = 0; ; conflicts++) {
			const { head } = await this.find(conversation)
			// There was a conflict although the head is unchanged: a turn at the head is running or failed.
			const stuck = conflicts > 0 && head === parent
			parent = head
			const onConflict = stuck || conflicts === maxConflicts ? 'branch' : 'refuse'
			const begun = await this.own.turns.begin({ ...turn, parent, onConflict })
			if (begun === 'not-found') throw new NotFound('conversation')
			if (begun === 'begun') return
		}
	}

	/** @throws NotFound `cursor` */
	async list(query: ConversationQuery): Promise<Page<FoundConversation>> {
		return present(await this.own.index.list(query), 'cursor')
	}

	/** @throws NotFound `conversation` */
	async find(id: ConversationId): Promise<Conversation> {
		return present(await this.own.index.find(id), 'conversation')
	}

	/**
	 * Changes the properties only: the conversation's time remains that of its last turn.
	 * @throws NotFound `conversation`
	 */
	async update(
		id: ConversationId,
		change: { readonly title?: string | null | undefined; readonly metadata?: Metadata | undefined },
	): Promise<Conversation> {
		return present(await this.own.index.update(id, change), 'conversation')
	}

	/** @throws NotFound `conversation` */
	async remove(id: ConversationId): Promise<void> {
		if (!(await this.own.index.remove(id))) throw new NotFound('conversation')
	}

	/** @returns the number of removed conversations. */
	removeAll(user?: string): Promise<number> {
		return this.own.index.removeAll(user)
	}

	/** @throws NotFound `conversation` */
	async export(id: ConversationId): Promise<ConversationExport> {
		const conversation = await this.find(id)
		return { conversation, ...present(await this.own.history.export(id), 'conversation') }
	}

	/** All conversations of a user with their messages, oldest first. */
	async histories(user: string): Promise<readonly ConversationHistory[]> {
		const histories: ConversationHistory[] = []
		for (let after: ConversationId | undefined, more = true; more; ) {
			const page = await this.own.index.list({ limit: pageSize, order: 'asc', user, after })
			for (const conversation of page?.items ?? []) histories.push(await this.withMessages(conversation))
			after = page?.items.at(-1)?.id
			more = page?.more ?? false
		}
		return histories
	}

	/** @throws NotFound `conversation`, also if it belongs to another user. */
	async history(id: ConversationId, user: string): Promise<ConversationHistory> {
		const conversation = await this.find(id)
		if (conversation.user !== user) throw new NotFound('conversation')
		return this.withMessages(conversation)
	}

	/** @throws NotFound `conversation`, `tip` or `cursor` */
	async messages(conversation: ConversationId, query: HistoryPageQuery): Promise<MessagePage> {
		await this.find(conversation)
		if (query.tip !== undefined) present(await this.own.history.message(conversation, query.tip), 'tip')
		return readMessagePage(this.own, conversation, query)
	}

	/** @throws NotFound `conversation` or `message` */
	async message(conversation: ConversationId, id: MessageId): Promise<StoredMessage> {
		await this.find(conversation)
		return present(await this.own.history.message(conversation, id), 'message')
	}

	/**
	 * Replaces a message, or removes it if `edit` returns undefined.
	 *
	 * @throws NotFound `conversation` or `message`
	 */
	async edit(
		conversation: ConversationId,
		id: MessageId,
		edit: (message: StoredMessage) => Message | undefined,
	): Promise<Conversation> {
		const edited = edit(await this.message(conversation, id))
		if (!(await this.own.history.replace(conversation, id, edited))) throw new NotFound('message')
		return this.find(conversation)
	}

	/**
	 * Removes a message and everything that follows it, on every branch.
	 *
	 * @throws NotFound `conversation` or `message`
	 */
	async removeFrom(conversation: ConversationId, id: MessageId): Promise<Conversation> {
		await this.find(conversation)
		if (!(await this.own.turns.removeFrom(conversation, id, this.nowMs))) throw new NotFound('message')
		return this.find(conversation)
	}

	/** Looks up messages by their ids; those that do not exist are left out. */
	async lookUp({ messages, continues, historyBytes }: MessageLookup): Promise<FoundMessages> {
		const found = new Map<MessageId, StoredMessage>()
		const turn = continues?.type === 'turn' ? await this.own.turns.find(continues.id) : undefined
		const conversation = continues?.type === 'conversation' ? continues.id : turn?.conversation
		const distinct = new Map(messages.map((reference) => [reference.message, reference.turn]))
		for (const [id, turn] of distinct) {
			const message = await this.messageOf(turn, id)
			if (message !== undefined) found.set(id, message)
		}
		const history = historyBytes === undefined ? undefined : await this.historyOf(turn, historyBytes)
		return { messages: found, conversation, turn, tip: turn === undefined ? undefined : lastMessageOf(turn), history }
	}

	private async messageOf(turnId: TurnId, id: MessageId): Promise<StoredMessage | undefined> {
		const turn = await this.own.turns.find(turnId)
		return turn === undefined ? undefined : this.own.history.message(turn.conversation, id)
	}

	private async historyOf(turn: Turn | undefined, maxBytes: number): Promise<FoundMessages['history']> {
		if (turn === undefined || !turn.stored) return undefined
		const tip = lastMessageOf(turn)
		const path = tip === undefined ? undefined : await this.own.history.read(turn.conversation, { tip, maxBytes })
		return path ?? { messages: [], omitted: 0, opening: [] }
	}

	private async withMessages(conversation: Conversation): Promise<ConversationHistory> {
		const messages: StoredMessage[] = []
		for (let after: MessageId | undefined, more = true; more; ) {
			const page = await this.own.history.page(conversation.id, { limit: pageSize, order: 'asc', after })
			messages.push(...(page?.items ?? []))
			after = page?.items.at(-1)?.id
			more = page?.more ?? false
		}
		return { conversation, messages }
	}

	private timeOf(wantedMs: number | undefined): number {
		return Math.min(wantedMs ?? this.nowMs, this.nowMs)
	}

	private newTurn(
		conversation: ConversationId,
		inputs: readonly Message[],
		{ createdAtMs, model = '', metadata = {} }: Addition,
	): Omit<NewTurn, 'onConflict'> {
		return {
			id: newTurnId(),
			surface: 'messages',
			stored: false,
			process: this.process,
			conversation,
			inputs,
			model,
			metadata,
			echo: {},
			createdAtMs: this.timeOf(createdAtMs),
		}
	}
}
