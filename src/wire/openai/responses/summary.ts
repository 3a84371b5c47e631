// The summary of a conversation: the request for it, and how it is written as an item, as a stored message, and as a
// message for models.

import { ChatError } from '../../../chat/error.ts'
import type { JsonObject } from '../../../chat/json.ts'
import type { AssistantMessage, Message, UserMessage } from '../../../chat/message.ts'
import type { ChatRequest } from '../../../chat/request.ts'
import { textField } from '../../json/fields.ts'
import { responsesWire } from '../formats.ts'
import { readOpaque, writeOpaque } from './opaque-text.ts'

/** The last message of the request. */
export const summaryRequest: Message = {
	role: 'user',
	content: [
		{
			type: 'text',
			text: [
				'Write a summary of our conversation so far, so that you can continue from it without having seen the rest.',
				'State what I want, what was decided and why, the facts, names and numbers that will be needed, what has been done',
				'and what is still to do. Answer with only the summary.',
			].join(' '),
		},
	],
}

/** @throws ChatError `upstream-failed` for an answer without text. */
export function summaryOf(answer: string): string {
	const summary = answer.trim()
	if (summary !== '') return summary
	throw new ChatError('upstream-failed', 'The model returned no summary of the conversation.', { sent: 'yes' })
}

/** The item that contains a summary. */
export function writeSummary(summary: string): JsonObject {
	return { type: 'compaction', encrypted_content: writeOpaque(summary) }
}

/** What models receive of a summary. */
export function summaryText(summary: string): string {
	return `A summary of the conversation so far:\n\n${summary}`
}

/** A summary as a message that is stored: models receive it in place of the messages before it. */
export function storedSummary(summary: string): AssistantMessage {
	const item = writeSummary(summary)
	return {
		role: 'assistant',
		content: [{ type: 'provider-item', wire: responsesWire, item, substitute: { parts: [] } }],
	}
}

/** A summary as the first message of a conversation. */
export function openingSummary(summary: string): UserMessage {
	return { role: 'user', content: [{ type: 'text', text: summaryText(summary) }] }
}

/** The messages that models receive of a conversation: the last stored summary, and those after it. */
export function afterSummary(messages: readonly Message[]): readonly Message[] {
	for (let index = messages.length - 1; index >= 0; index--) {
		const summary = summaryIn(messages[index])
		if (summary !== undefined) return [openingSummary(summary), ...messages.slice(index + 1)]
	}
	return messages
}

function summaryIn(message: Message | undefined): string | undefined {
	const [part] = message?.role === 'assistant' ? message.content : []
	if (part?.type !== 'provider-item' || part.wire !== responsesWire || part.item.type !== 'compaction') return undefined
	return readOpaque(textField(part.item, 'encrypted_content') ?? '')
}

/** The messages at the end that no model has answered, except results of calls: a summary does not replace them. */
export function unansweredMessages(messages: readonly Message[]): readonly Message[] {
	return messages.slice(messages.findLastIndex(({ role }) => role === 'assistant' || role === 'tool') + 1)
}

/**
 * The request for a summary of everything before its last `retained` messages; undefined if a model has answered none of
 * them.
 */
export function summaryRequestOf(request: ChatRequest, retained: number): ChatRequest | undefined {
	const messages = request.messages.slice(0, request.messages.length - retained)
	if (!messages.some(({ role }) => role === 'assistant')) return undefined
	const { maxTokens: _, logprobs: __, ...rest } = request
	return {
		...rest,
		messages: [...messages, summaryRequest],
		stop: [],
		toolChoice: { type: 'none' },
		responseFormat: { type: 'text' },
	}
}
