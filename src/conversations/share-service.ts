// Operations on shares. A share contains what was said in one branch: no instructions, no data of providers, and files only if its
// owner included them.

import { ChatError } from '../chat/error.ts'
import type { Message } from '../chat/message.ts'
import type { ConversationId } from './conversation-id.ts'
import type { ScopedConversations } from './conversation-store.ts'
import type { MessageId } from './message-id.ts'
import { NotFound, present } from './not-found.ts'
import { newShareId, type ShareId } from './share-id.ts'
import { maxShares, type Share, type SharedBranch } from './shares.ts'

export interface NewShare {
	/** The last message to share; the conversation's head if absent. */
	readonly tip?: MessageId | undefined
	readonly files: boolean
	/** Milliseconds since 1970. */
	readonly endsAtMs?: number | undefined
}

const visibleTypes: ReadonlySet<string> = new Set(['text', 'reasoning', 'refusal', 'tool-call'])
const files: ReadonlySet<string> = new Set(['image', 'audio', 'file'])

export class ShareService {
	private readonly own: ScopedConversations
	private readonly nowMs: number

	constructor(own: ScopedConversations, nowMs: number) {
		this.own = own
		this.nowMs = nowMs
	}

	/**
	 * @throws NotFound `conversation`, or `tip` if the conversation has no such message, or none at all
	 * @throws ChatError `invalid-request` if it has too many shares
	 */
	async create(conversation: ConversationId, wanted: NewShare): Promise<Share> {
		const { head } = present(await this.own.index.find(conversation), 'conversation')
		const tip = present(wanted.tip ?? head, 'tip')
		const share: Share = { ...wanted, id: newShareId(), conversation, tip, createdAtMs: this.nowMs }
		switch (await this.own.shares.create(share)) {
			case 'created':
				return share
			case 'not-found':
				throw new NotFound('tip')
			case 'full':
				throw new ChatError('invalid-request', `A conversation may have ${maxShares} shares: revoke one first.`, {
					code: 'too_many_shares',
				})
		}
	}

	/** @throws NotFound `conversation` */
	async list(conversation: ConversationId): Promise<readonly Share[]> {
		return present(await this.own.shares.list(conversation), 'conversation')
	}

	/** @throws NotFound `share` */
	async revoke(conversation: ConversationId, id: ShareId): Promise<void> {
		if (!(await this.own.shares.remove(conversation, id))) throw new NotFound('share')
	}

	/** @throws NotFound `share` */
	async open(id: ShareId): Promise<SharedBranch> {
		const branch = present(await this.own.shares.open(id, this.nowMs), 'share')
		const isShared = (type: string) => visibleTypes.has(type) || (branch.share.files && files.has(type))
		const messages = branch.messages
			.filter(({ message: { role } }) => role === 'user' || role === 'assistant' || role === 'tool')
			.map((stored) => ({ ...stored, message: withParts(stored.message, isShared) }))
		return { ...branch, messages }
	}
}

function withParts<Any extends Message>(message: Any, isShared: (type: string) => boolean): Any {
	return { ...message, content: message.content.filter(({ type }) => isShared(type)) }
}
