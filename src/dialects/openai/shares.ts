// Shares of conversations: an extension to OpenAI's API.

import type { ChatError } from '../../chat/error.ts'
import { readShareId, type ShareId } from '../../conversations/share-id.ts'
import { newShareSchema } from '../../wire/openai/conversations/conversation-schema.ts'
import { writeShare, writeSharedBranch } from '../../wire/openai/conversations/share-writer.ts'
import { writeList } from '../../wire/openai/list-query.ts'
import type { Route } from '../dialect.ts'
import { millisecondsOf, parse, readConversation } from './conversations.ts'
import { messageOrItem } from './item-pages.ts'
import { itemNotFound, shareNotFound } from './not-found.ts'

export const createShare: Route = {
	method: 'POST',
	path: '/conversations/{id}/shares',
	body: 'optional',
	bodySchema: newShareSchema,
	read(input) {
		const { id, notFound } = readConversation(input)
		const { message, expires_at, files } = parse(newShareSchema, input.body ?? {})
		return {
			type: 'shares.create',
			conversation: id,
			share: {
				tip: message == null ? undefined : messageOrItem(message),
				files: files ?? false,
				endsAtMs: millisecondsOf(expires_at),
			},
			notFound: (absent) => (absent === 'tip' ? itemNotFound(message ?? '') : notFound()),
			write: writeShare,
		}
	},
}

export const listShares: Route = {
	method: 'GET',
	path: '/conversations/{id}/shares',
	read(input) {
		const { id, notFound } = readConversation(input)
		return {
			type: 'shares.list',
			conversation: id,
			notFound,
			write: (shares) => writeList(shares.map(writeShare), false),
		}
	},
}

export const revokeShare: Route = {
	method: 'DELETE',
	path: '/conversations/{id}/shares/{share}',
	read(input) {
		const { id: conversation } = readConversation(input)
		const [, text = ''] = input.parameters
		const { id, notFound } = readShare(text)
		return {
			type: 'shares.revoke',
			conversation,
			id,
			notFound,
			write: () => ({ id: text, object: 'conversation.share.deleted', deleted: true }),
		}
	},
}

export const openShare: Route = {
	method: 'GET',
	path: '/shares/{id}',
	read({ parameters: [text = ''] }) {
		return { type: 'shares.open', ...readShare(text), write: writeSharedBranch }
	},
}

/** @throws ChatError `not-found` if it is not the id of a share. */
function readShare(text: string): { readonly id: ShareId; readonly notFound: () => ChatError } {
	const notFound = () => shareNotFound(text)
	const id = readShareId(text)
	if (id === undefined) throw notFound()
	return { id, notFound }
}
