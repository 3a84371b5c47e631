// Writes shares, in our own format: OpenAI's API has none.

import { writeConversationId } from '../../../conversations/conversation-id.ts'
import type { Share, SharedBranch } from '../../../conversations/shares.ts'

interface WrittenShare {
	readonly id: string
	readonly object: 'conversation.share'
	/** Unix time in seconds. */
	readonly created_at: number
	readonly expires_at: number | null
	readonly files: boolean
}

/** For its owner. */
export function writeShare(share: Share): WrittenShare & { readonly conversation: string; readonly message: string } {
	return { ...writeFacts(share), conversation: writeConversationId(share.conversation), message: share.tip }
}

/** For its readers, without the conversation that it is a part of. */
export function writeSharedBranch({ share, title, messages }: SharedBranch): object {
	return {
		...writeFacts(share),
		title: title ?? null,
		messages: messages.map(({ id, parent, message, partial, model, createdAtMs }) => ({
			id,
			parent: parent ?? null,
			created_at: Math.floor(createdAtMs / 1000),
			partial,
			model,
			message,
		})),
	}
}

function writeFacts({ id, createdAtMs, endsAtMs, files }: Share): WrittenShare {
	return {
		id: `share_${id}`,
		object: 'conversation.share',
		created_at: Math.floor(createdAtMs / 1000),
		expires_at: endsAtMs === undefined ? null : Math.floor(endsAtMs / 1000),
		files,
	}
}
