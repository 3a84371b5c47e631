// Writes canonical messages as the `messages` of a Chat Completions request. Content of a single text is written as a string, which every
// server accepts; not every server accepts a list.

import { ChatError } from '../../chat/error.ts'
import type { JsonObject } from '../../chat/json.ts'
import type { AssistantMessage, Message, TextPart, ToolCall, ToolMessage, UserPart } from '../../chat/message.ts'

export function writeMessages(
	messages: readonly Message[],
	developerRole: 'developer' | 'system',
): readonly JsonObject[] {
	const written: JsonObject[] = []
	let seen: UserPart[] = []
	for (const message of messages) {
		if (message.role !== 'tool') seen = show(seen, written)
		written.push(writeMessage(message, developerRole))
		if (message.role === 'tool') seen.push(...message.content.filter(({ type }) => type !== 'text'))
	}
	show(seen, written)
	return written
}

/** Tool messages contain only text on this wire. Other content of results follows in a user message after the last result. */
function show(seen: readonly UserPart[], written: JsonObject[]): UserPart[] {
	if (seen.length > 0) written.push({ role: 'user', content: writeUserContent(seen) })
	return []
}

function writeMessage(message: Message, developerRole: 'developer' | 'system'): JsonObject {
	switch (message.role) {
		case 'system':
		case 'developer':
			return {
				role: message.role === 'system' ? 'system' : developerRole,
				content: writeTexts(message.content),
				name: message.name,
			}
		case 'user':
			return { role: 'user', content: writeUserContent(message.content), name: message.name }
		case 'assistant':
			return writeAssistant(message)
		case 'tool':
			return { role: 'tool', tool_call_id: message.callId, content: writeTexts(textsOf(message)) }
	}
}

function textsOf({ content }: ToolMessage): readonly TextPart[] {
	return content.filter((part) => part.type === 'text')
}

function writeTexts(parts: readonly TextPart[]) {
	const [first, second] = parts
	if (first === undefined) return ''
	return second === undefined ? first.text : parts.map(({ text }) => ({ type: 'text', text }))
}

function writeUserContent(parts: readonly UserPart[]) {
	const texts = parts.filter((part) => part.type === 'text')
	return texts.length === parts.length && texts.length <= 1 ? writeTexts(texts) : parts.map(writeUserPart)
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
	}
}

/** OpenAI's API rejects an empty list of calls, so it is omitted. A message with only calls has `null` as its content. */
function writeAssistant(message: AssistantMessage): JsonObject {
	const texts: TextPart[] = []
	let refusal = ''
	for (const part of message.content)
		switch (part.type) {
			case 'text':
				texts.push(part)
				break
			case 'refusal':
				refusal += part.text
				break
			default:
				part satisfies never
		}
	const silent = texts.length === 0 && (message.toolCalls.length > 0 || refusal !== '')
	return {
		role: 'assistant',
		content: silent ? null : writeTexts(texts),
		refusal: refusal === '' ? undefined : refusal,
		reasoning_content: message.reasoning,
		tool_calls: message.toolCalls.length === 0 ? undefined : message.toolCalls.map(writeToolCall),
		name: message.name,
	}
}

function writeToolCall(call: ToolCall): JsonObject {
	return call.type === 'function'
		? { id: call.id, type: 'function', function: { name: call.name, arguments: call.arguments } }
		: { id: call.id, type: 'custom', custom: { name: call.name, input: call.arguments } }
}
