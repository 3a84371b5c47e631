// One item of a stored message: extracts it, or removes it.

import type { AssistantPart, Message } from '../../../chat/message.ts'
import type { StoredMessage } from '../../../conversations/conversation.ts'
import { type AnswerItem, type ClientCallOf, itemsOfAnswer } from './answer-items.ts'
import { isClientCallType } from './client-tools.ts'
import { type ItemId, markCall, readItemId, writeItemId } from './item-id.ts'
import type { ParsedItem } from './parsed-items.ts'

type IdentifiedMessage = Pick<StoredMessage, 'id' | 'message'>

/**
 * @param id the item's id
 * @returns undefined if the message has no such item.
 */
export function extractItem({ id: messageId, message }: IdentifiedMessage, id: string): ParsedItem | undefined {
	const read = readItemId(id)
	if (read === undefined) return undefined
	if (message.role !== 'assistant')
		return (message.role === 'tool') === read.kind.endsWith('_output') ? { type: 'message', message } : undefined
	const call = message.content.find((part) => isSignedCall(part, read))
	if (call?.type === 'tool-call' && call.signature !== undefined)
		return { type: 'call-signature', call: call.id, signature: call.signature }
	const items = itemsOfAnswer(message.content, messageId, clientCallWith(read))
	if (items.length === 0)
		return id === writeItemId('message', messageId) ? { type: 'assistant', content: [] } : undefined
	const item = items.find((one) => one.id === id)
	return item === undefined ? undefined : { type: 'assistant', content: item.parts }
}

/**
 * @param id the id of one of the message's items
 * @returns the message without the item, or undefined if nothing remains.
 */
export function withoutItem({ id: messageId, message }: IdentifiedMessage, id: string): Message | undefined {
	if (message.role !== 'assistant') return undefined
	const read = readItemId(id)
	const items = itemsOfAnswer(message.content, messageId, clientCallWith(read))
	const removed: AnswerItem | undefined = items.find((one) => one.id === id)
	const content = message.content.flatMap((part): readonly AssistantPart[] => {
		if (part.type === 'tool-call' && read !== undefined && isSignedCall(part, read))
			return [{ ...part, signature: undefined }]
		return removed?.parts.some((one) => one === part) === true ? [] : [part]
	})
	return content.length === 0 ? undefined : { ...message, content }
}

/** Calls of tools that the client runs are recognized by the kind of their item's id. */
export function clientCallWith(id: ItemId | undefined): ClientCallOf {
	const { kind, call } = id ?? {}
	const type = kind !== undefined && isClientCallType(kind) ? kind : undefined
	return (one) => (markCall(one.id) === call ? type : undefined)
}

/** Whether the item is the one that contains the call's signature. */
function isSignedCall(part: AssistantPart, { kind, call }: ItemId): boolean {
	return part.type === 'tool-call' && kind === 'reasoning' && call !== undefined && markCall(part.id) === call
}
