// Writes canonical messages as the `messages` of a Chat Completions request. Content of a single text is written as a
// string, which every server accepts; not every server accepts a list.

import { ChatError } from '../../chat/error.ts'
import type { JsonObject } from '../../chat/json.ts'
import type {
	AssistantMessage,
	Message,
	ReasoningPart,
	TextPart,
	ToolCall,
	ToolMessage,
	UserPart,
} from '../../chat/message.ts'
import { reasoningOf } from '../../chat/parts.ts'
import type { Drop } from '../../chat/request-fates.ts'
import { writeCustomToolArguments } from '../json/custom-tool-function.ts'
import type { FormFor } from './chat-request-form.ts'
import { placeInstructions } from './instruction-placement.ts'

/** Differences between servers that concern messages. */
export type MessagesForm = FormFor<'messages' | 'messages-and-tools'>

/** @param drop is called for content that the server does not accept. */
export function writeMessages(messages: readonly Message[], form: MessagesForm, drop: Drop): readonly JsonObject[] {
	const placed = form.systemMessages === 'anywhere' ? messages : placeInstructions(messages, form.systemMessages)
	const written: JsonObject[] = []
	// Tool messages contain only text on this wire. Other content of results follows in a user message after the last
	// result.
	let seen: UserPart[] = []
	for (const message of placed) {
		if (message.role !== 'tool' && seen.length > 0) {
			written.push({ role: 'user', content: writeUserContent(seen, form) })
			seen = []
		}
		written.push(writeMessage(message, form, drop))
		if (message.role === 'tool') seen.push(...message.content.filter(({ type }) => type !== 'text'))
	}
	if (seen.length > 0) written.push({ role: 'user', content: writeUserContent(seen, form) })
	return written
}

function writeMessage(message: Message, form: MessagesForm, drop: Drop): JsonObject {
	switch (message.role) {
		case 'system':
		case 'developer':
			return {
				role: message.role === 'system' ? 'system' : form.developerRole,
				content: writeTexts(message.content, form),
				name: writeName(message.name, form, drop),
			}
		case 'user':
			return {
				role: 'user',
				content: writeUserContent(message.content, form),
				name: writeName(message.name, form, drop),
			}
		case 'assistant':
			return writeAssistant(message, form, drop)
		case 'tool':
			return { role: 'tool', tool_call_id: message.callId, content: writeTexts(writeResult(message, form, drop), form) }
	}
}

function writeName(name: string | undefined, { messageNames }: MessagesForm, drop: Drop): string | undefined {
	if (name === undefined || messageNames === 'send') return name
	drop('name')
	return undefined
}

/** Marks the result of a failed tool. The wire has no field for it, and models notice this text. */
export const failurePrefix = 'Error: '

function writeResult(message: ToolMessage, { toolFailures }: MessagesForm, drop: Drop): readonly TextPart[] {
	const texts = message.content.filter((part) => part.type === 'text')
	if (message.isError !== true) return texts
	switch (toolFailures) {
		case 'prefix': {
			const [first, ...rest] = texts
			return [
				{ type: 'text', text: first === undefined ? failurePrefix.trimEnd() : failurePrefix + first.text },
				...rest,
			]
		}
		case 'plain':
			drop('is_error')
			return texts
	}
}

function writeTexts(parts: readonly TextPart[], { textContent }: MessagesForm) {
	const [first, second] = parts
	if (first === undefined) return ''
	if (second === undefined) return first.text
	return textContent === 'string'
		? parts.map(({ text }) => text).join('\n')
		: parts.map(({ text }) => ({ type: 'text', text }))
}

function writeUserContent(parts: readonly UserPart[], form: MessagesForm) {
	const texts = parts.filter((part) => part.type === 'text')
	const plain = texts.length === parts.length && (texts.length <= 1 || form.textContent === 'string')
	return plain ? writeTexts(texts, form) : parts.map(writeUserPart)
}

function writeUserPart(part: UserPart): JsonObject {
	switch (part.type) {
		case 'text':
			return { type: 'text', text: part.text }
		case 'image':
			return { type: 'image_url', image_url: { url: part.url, detail: part.detail } }
		case 'audio':
			return { type: 'input_audio', input_audio: { data: part.data, format: part.format } }
		case 'file':
			if (part.url !== undefined)
				throw new ChatError('unsupported', 'This model accepts files inline or by id, not by URL.', {
					param: 'messages',
				})
			return { type: 'file', file: { file_id: part.id, filename: part.name, file_data: part.data } }
		case 'provider-item':
			return part.item
	}
}

/**
 * OpenAI's API rejects an empty list of calls, so it is omitted. A message with only calls has `null` as its content.
 */
function writeAssistant(message: AssistantMessage, form: MessagesForm, drop: Drop): JsonObject {
	const texts: TextPart[] = []
	const reasoning: ReasoningPart[] = []
	const calls: ToolCall[] = []
	let refusal = ''
	for (const part of message.content)
		switch (part.type) {
			case 'text':
				texts.push(part)
				break
			case 'reasoning':
				reasoning.push(part)
				break
			case 'tool-call':
				calls.push(part)
				break
			case 'refusal':
				refusal += part.text
				break
			case 'image':
			case 'audio':
			case 'provider-item':
				drop(part.type)
				break
			default:
				part satisfies never
		}
	const silent = texts.length === 0 && (calls.length > 0 || refusal !== '')
	return {
		role: 'assistant',
		content: silent ? null : writeTexts(texts, form),
		refusal: refusal === '' ? undefined : refusal,
		...writeReasoning(reasoning, form, drop),
		tool_calls: calls.length === 0 ? undefined : calls.map((call) => writeToolCall(call, form)),
		name: writeName(message.name, form, drop),
	}
}

/** Reasoning that only its model can read has no form on this wire. */
function writeReasoning(parts: readonly ReasoningPart[], { reasoningHistory }: MessagesForm, drop: Drop): JsonObject {
	const reasoning = reasoningOf(parts)
	if (reasoning === '') return {}
	switch (reasoningHistory) {
		case 'reasoning_content':
			return { reasoning_content: reasoning }
		case 'reasoning':
			return { reasoning }
		case 'both':
			return { reasoning_content: reasoning, reasoning }
		case 'omit':
			drop('reasoning_content')
			return {}
	}
}

function writeToolCall(call: ToolCall, { customTools }: MessagesForm): JsonObject {
	const { id, name } = call
	if (call.kind === 'function') return { id, type: 'function', function: { name, arguments: call.arguments } }
	switch (customTools) {
		case 'custom':
			return { id, type: 'custom', custom: { name, input: call.arguments } }
		case 'function':
			return {
				id,
				type: 'function',
				function: { name, arguments: JSON.stringify(writeCustomToolArguments(call.arguments)) },
			}
	}
}
