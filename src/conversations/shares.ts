// Shares: branches of conversations that others of the same tenant may read, up to a message, until they are revoked or end. Every
// implementation runs shares.contract.ts.

import type { StoredMessage } from './conversation.ts'
import type { ConversationId } from './conversation-id.ts'
import type { MessageId } from './message-id.ts'
import type { ShareId } from './share-id.ts'

export interface Share {
	readonly id: ShareId
	readonly conversation: ConversationId
	/** The last message that is shared. */
	readonly tip: MessageId
	/** Whether pictures, sound and files are shared, too. */
	readonly files: boolean
	/** Milliseconds since 1970. */
	readonly createdAtMs: number
	/** Milliseconds since 1970; it does not end by itself if absent. */
	readonly endsAtMs?: number | undefined
}

/** What a reader sees. */
export interface SharedBranch {
	readonly share: Share
	/** The conversation's current title. */
	readonly title?: string | undefined
	/** Up to the tip, oldest first. */
	readonly messages: readonly SharedMessage[]
}

export interface SharedMessage extends StoredMessage {
	/** The model that answered, or the requested one of its turn; empty if a client added it. */
	readonly model: string
}

/** Maximum number of shares of a conversation that have not ended. */
export const maxShares = 100

/** `not-found` if the conversation or its tip does not exist, `full` if the conversation has `maxShares` shares. */
export type ShareCreation = 'created' | 'not-found' | 'full'

export interface Shares {
	/** Removes shares of the conversation that have ended when this one is created. */
	create(share: Share): Promise<ShareCreation>
	/** Newest first. Undefined if the conversation does not exist. */
	list(conversation: ConversationId): Promise<readonly Share[] | undefined>
	/** @returns whether the conversation had the share. */
	remove(conversation: ConversationId, id: ShareId): Promise<boolean>
	/** A share of anybody in the scope's tenant. Undefined if it does not exist, has ended, or its tip was deleted. */
	open(id: ShareId, nowMs: number): Promise<SharedBranch | undefined>
}
