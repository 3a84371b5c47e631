// Writes canonical messages as items. An answer becomes its reasoning, its message and its calls.

import type { TokenLogprob } from '../../../chat/event.ts'
import type { JsonObject } from '../../../chat/json.ts'
import type { AssistantMessage, Message, ToolCall, UserPart } from '../../../chat/message.ts'
import type { StoredMessage } from '../../../conversations/conversation.ts'
import type { MessageId } from '../../../conversations/message-id.ts'
import { writeItemId } from './item-id.ts'
import { writeOpaque } from './opaque-text.ts'
import { type Unflatten, unflattenBy } from './tool-name.ts'

export type Item = JsonObject & { readonly id: string; readonly type: string }
export type ItemStatus = 'in_progress' | 'completed' | 'incomplete'

export interface ItemShape {
	readonly unflatten: Unflatten
	/** Return encrypted reasoning for the client to send back. */
	readonly withEncryptedReasoning: boolean
}

export const plainItems: ItemShape = { unflatten: unflattenBy([]), withEncryptedReasoning: false }

/**
 * Writes stored messages as items, in order.
 *
 * @param messages one path through a conversation: a result has the type of a custom tool's if its call precedes it
 * @param earlierCalls ids of calls of custom tools that precede all of them
 */
export function writeStoredItems(
	messages: readonly Pick<StoredMessage, 'id' | 'message' | 'partial'>[],
	shape: ItemShape = plainItems,
	earlierCalls: readonly string[] = [],
): readonly Item[] {
	const customCalls = new Set(earlierCalls)
	return messages.flatMap(({ id, message, partial }) => {
		if (message.role === 'assistant') {
			for (const call of message.toolCalls) if (call.type === 'custom') customCalls.add(call.id)
			return writeAnswer(message, id, partial ? 'incomplete' : 'completed', shape)
		}
		return [writeInput(message, id, customCalls)]
	})
}

function writeInput(
	message: Exclude<Message, AssistantMessage>,
	id: MessageId,
	customCalls: ReadonlySet<string>,
): Item {
	switch (message.role) {
		case 'system':
		case 'developer':
		case 'user':
			return {
				id: writeItemId('message', id),
				type: 'message',
				role: message.role,
				content: message.content.map(writePart),
				status: 'completed',
			}
		case 'tool': {
			const type = customCalls.has(message.callId) ? 'custom_tool_call_output' : 'function_call_output'
			const [first, second] = message.content
			return {
				id: writeItemId(type, id),
				type,
				call_id: message.callId,
				output: first?.type === 'text' && second === undefined ? first.text : message.content.map(writePart),
				status: 'completed',
			}
		}
	}
}

function writePart(part: UserPart): JsonObject {
	switch (part.type) {
		case 'text':
			return { type: 'input_text', text: part.text }
		case 'image':
			return { type: 'input_image', image_url: part.url, file_id: null, detail: part.detail ?? 'auto' }
		case 'audio':
			return { type: 'input_audio', input_audio: { data: part.data, format: part.format } }
		case 'file':
			return { type: 'input_file', file_id: part.id, filename: part.name, file_data: part.data }
	}
}

/**
 * @param id the message's id
 * @param status the last item's status; the items before it are complete
 */
export function writeAnswer(
	message: AssistantMessage,
	id: MessageId,
	status: ItemStatus,
	shape: ItemShape,
	logprobs: readonly TokenLogprob[] = [],
): readonly Item[] {
	const { reasoning, content, toolCalls } = message
	const writers: ((status: ItemStatus) => Item)[] = []
	if (reasoning !== undefined && reasoning !== '')
		writers.push((its) => writeReasoning(writeItemId('reasoning', id), reasoning, its, shape))
	if (content.length > 0 || (writers.length === 0 && toolCalls.length === 0)) {
		const firstText = content.findIndex(({ type }) => type === 'text')
		const parts = content.map((part, index) =>
			part.type === 'refusal'
				? writeRefusalPart(part.text)
				: writeTextPart(part.text, index === firstText ? logprobs : []),
		)
		writers.push((its) => writeMessageItem(writeItemId('message', id), parts, its))
	}
	for (const call of toolCalls)
		writers.push((its) => writeCall(writeItemId(callType(call), id, call.id), call, its, shape))
	return writers.map((write, index) => write(index === writers.length - 1 ? status : 'completed'))
}

export function writeReasoning(
	id: string,
	text: string,
	status: ItemStatus,
	{ withEncryptedReasoning }: ItemShape,
): Item {
	return {
		id,
		type: 'reasoning',
		summary: [],
		content: text === '' ? [] : [{ type: 'reasoning_text', text }],
		encrypted_content: withEncryptedReasoning ? writeOpaque(text) : undefined,
		status,
	}
}

export function writeMessageItem(id: string, content: readonly JsonObject[], status: ItemStatus): Item {
	return { id, type: 'message', role: 'assistant', content, status }
}

export function writeTextPart(text: string, logprobs: readonly TokenLogprob[]): JsonObject {
	return { type: 'output_text', text, annotations: [], logprobs: writeLogprobs(logprobs) }
}

export function writeRefusalPart(refusal: string): JsonObject {
	return { type: 'refusal', refusal }
}

export function callType(call: Pick<ToolCall, 'type'>): 'function_call' | 'custom_tool_call' {
	return call.type === 'function' ? 'function_call' : 'custom_tool_call'
}

export function writeCall(id: string, call: ToolCall, status: ItemStatus, { unflatten }: ItemShape): Item {
	const { name, namespace } = unflatten(call.name)
	return {
		id,
		type: callType(call),
		call_id: call.id,
		name,
		namespace,
		...(call.type === 'function' ? { arguments: call.arguments } : { input: call.arguments }),
		status,
	}
}

/** Clients read the bytes as a list. */
export function writeLogprobs(logprobs: readonly TokenLogprob[]): readonly JsonObject[] {
	return logprobs.map(({ token, logprob, bytes, top }) => ({
		token,
		logprob: logprob ?? -9999,
		bytes: bytes ?? [],
		top_logprobs: top.map((other) => ({ ...other, bytes: other.bytes ?? [] })),
	}))
}
