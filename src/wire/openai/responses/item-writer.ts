// Writes canonical messages as items, those of an answer in the order of its parts.

import type { TokenLogprob } from '../../../chat/event.ts'
import type { JsonObject } from '../../../chat/json.ts'
import { exactMembers } from '../../../chat/json-text.ts'
import type {
	AssistantMessage,
	ImagePart,
	Message,
	ProviderItem,
	ReasoningPart,
	RefusalPart,
	Signature,
	TextPart,
	ToolCall,
	ToolPart,
	UserPart,
} from '../../../chat/message.ts'
import type { StoredMessage } from '../../../conversations/conversation.ts'
import type { MessageId } from '../../../conversations/message-id.ts'
import { type AnswerItem, isContent, itemsOfAnswer } from './answer-items.ts'
import { clientCallsOf, clientOutputOf, writeCall } from './call-item-writer.ts'
import { writeCallSignature, writeEncryptedReasoning } from './encrypted-reasoning.ts'
import { ItemIds, writeItemId } from './item-id.ts'
import { itemFields, partFields } from './item-rest.ts'
import { type Item, type ItemShape, type ItemStatus, plainItems } from './item-shape.ts'

/**
 * Writes stored messages as items, in order.
 *
 * @param messages one path through a conversation: a result has the type of a custom tool's if its call precedes it, and
 * a call that of a tool that the client runs if its result does
 * @param earlierCalls ids of calls of custom tools that precede all of them
 */
export function writeStoredItems(
	messages: readonly Pick<StoredMessage, 'id' | 'message' | 'partial'>[],
	shape: ItemShape = plainItems,
	earlierCalls: readonly string[] = [],
): readonly Item[] {
	const customCalls = new Set(earlierCalls)
	const clientCalls = clientCallsOf(messages.map(({ message }) => message))
	const its = {
		...shape,
		clientCallOf: (call) => shape.clientCallOf(call) ?? clientCalls.get(call.id),
	} satisfies ItemShape
	return messages.flatMap(({ id, message, partial }) => {
		if (message.role !== 'assistant') return [writeInput(message, id, customCalls)]
		for (const part of message.content)
			if (part.type === 'tool-call' && part.kind === 'custom') customCalls.add(part.id)
		return writeAnswer(message, id, partial ? 'incomplete' : 'completed', its)
	})
}

function writeInput(
	message: Exclude<Message, AssistantMessage>,
	id: MessageId,
	customCalls: ReadonlySet<string>,
): Item {
	const rest = partFields(message.rest)
	switch (message.role) {
		case 'system':
		case 'developer':
		case 'user':
			return {
				...rest,
				id: writeItemId('message', id),
				type: 'message',
				role: message.role,
				content: message.content.map(writeInputPart),
				status: 'completed',
			}
		case 'tool': {
			const output = clientOutputOf(message)
			if (output !== undefined) {
				const { type } = output
				// Numbers are raw JSON.
				const fields = exactMembers(output) as JsonObject
				return { ...fields, id: writeItemId(type, id), type, call_id: message.callId }
			}
			const type = customCalls.has(message.callId) ? 'custom_tool_call_output' : 'function_call_output'
			const [first, second] = message.content
			const isText = first?.type === 'text' && second === undefined && Object.keys(partFields(first.rest)).length === 0
			return {
				...rest,
				id: writeItemId(type, id),
				type,
				call_id: message.callId,
				output: isText ? first.text : message.content.map(writeInputPart),
				status: 'completed',
			}
		}
		default:
			return message satisfies never
	}
}

function writeInputPart(part: UserPart | ToolPart): JsonObject {
	if (part.type === 'provider-item') return part.item
	const rest = partFields(part.rest)
	switch (part.type) {
		case 'text':
			return { ...rest, type: 'input_text', text: part.text }
		case 'image':
			return { ...rest, type: 'input_image', image_url: part.url, file_id: null, detail: part.detail ?? 'auto' }
		case 'audio':
			return { ...rest, type: 'input_audio', input_audio: { data: part.data, format: part.format } }
		case 'file':
			return {
				...rest,
				type: 'input_file',
				file_id: part.id,
				filename: part.name,
				file_data: part.data,
				file_url: part.url,
			}
		default:
			return part satisfies never
	}
}

/**
 * @param id the message's id
 * @param status the last item's status; the items before it are complete
 */
export function writeAnswer(
	{ content }: Pick<AssistantMessage, 'content'>,
	id: MessageId,
	status: ItemStatus,
	shape: ItemShape,
	logprobs: readonly TokenLogprob[] = [],
): readonly Item[] {
	const items = itemsOfAnswer(content, id, shape.clientCallOf)
	if (items.length === 0) return [writeMessageItem(writeItemId('message', id), [], status)]
	const firstText = content.find(({ type }) => type === 'text')
	const ids = new ItemIds(id)
	return items.flatMap((item, index): readonly Item[] => {
		const its = index === items.length - 1 ? status : 'completed'
		const written = writeAnswerItem(item, its, shape, (part) => (part === firstText ? logprobs : []))
		const [part] = item.parts
		const signed = part.type === 'tool-call' ? signatureItem(part, part.signature, ids, shape) : undefined
		return signed === undefined ? [written] : [signed, written]
	})
}

function writeAnswerItem(
	{ id, parts }: AnswerItem,
	status: ItemStatus,
	shape: ItemShape,
	logprobsOf: (part: TextPart) => readonly TokenLogprob[],
): Item {
	const [part] = parts
	switch (part.type) {
		case 'text':
		case 'refusal': {
			const content = parts
				.filter(isContent)
				.map((one) => (one.type === 'text' ? writeTextPart(one, logprobsOf(one)) : writeRefusalPart(one)))
			return writeMessageItem(id, content, status, itemFields(part.rest))
		}
		case 'reasoning':
			return writeReasoning(id, part, status, shape)
		case 'tool-call':
			return writeCall(id, part, status, shape)
		case 'image':
			return writeImage(id, part, status)
		case 'provider-item':
			return writeProviderItem(id, part)
		default:
			return part satisfies never
	}
}

export function writeReasoning(
	id: string,
	part: Omit<ReasoningPart, 'type'>,
	status: ItemStatus,
	{ withEncryptedReasoning, tagsSignatures, summarizes }: ItemShape,
): Item {
	const { text, rest } = part
	const fields = partFields(rest)
	// The summary that another server wrote is returned as it was.
	const isSummary = summarizes && text !== '' && fields.summary === undefined
	return {
		summary: isSummary ? [{ type: 'summary_text', text }] : [],
		...fields,
		id,
		type: 'reasoning',
		content: text === '' || isSummary ? [] : [{ type: 'reasoning_text', text }],
		encrypted_content: withEncryptedReasoning ? writeEncryptedReasoning(part, tagsSignatures) : undefined,
		status,
	}
}

/**
 * The item that contains a call's signature: undefined if the client does not carry signatures, or there is none. It
 * belongs beside the call.
 */
export function signatureItem(
	call: Pick<ToolCall, 'id'>,
	signature: Signature | undefined,
	ids: ItemIds,
	{ withEncryptedReasoning, tagsSignatures }: ItemShape,
): Item | undefined {
	if (signature === undefined || !withEncryptedReasoning) return undefined
	return {
		id: ids.next('reasoning', call.id),
		type: 'reasoning',
		summary: [],
		content: [],
		encrypted_content: writeCallSignature(call, signature, tagsSignatures),
		status: 'completed',
	}
}

export function writeMessageItem(
	id: string,
	content: readonly JsonObject[],
	status: ItemStatus,
	rest: JsonObject = {},
): Item {
	return { ...rest, id, type: 'message', role: 'assistant', content, status }
}

export function writeTextPart({ text, rest }: Omit<TextPart, 'type'>, logprobs: readonly TokenLogprob[]): JsonObject {
	return { annotations: [], ...partFields(rest), type: 'output_text', text, logprobs: writeLogprobs(logprobs) }
}

export function writeRefusalPart({ text, rest }: Omit<RefusalPart, 'type'>): JsonObject {
	return { ...partFields(rest), type: 'refusal', refusal: text }
}

/** An image that the model made, as OpenAI's image tool returns it. */
export function writeImage(id: string, { url, rest }: Omit<ImagePart, 'type'>, status: ItemStatus): Item {
	const [, format = 'png', data = ''] = /^data:image\/([^;]+);base64,(.*)$/is.exec(url) ?? []
	const result = status === 'in_progress' ? null : data
	const written = status === 'in_progress' ? status : 'completed'
	return { ...partFields(rest), id, type: 'image_generation_call', result, output_format: format, status: written }
}

export function writeProviderItem(id: string, { item }: Omit<ProviderItem, 'type' | 'wire'>): Item {
	const type = typeof item.type === 'string' ? item.type : 'unknown'
	// Numbers are raw JSON.
	return { ...(exactMembers(item) as JsonObject), id, type }
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
