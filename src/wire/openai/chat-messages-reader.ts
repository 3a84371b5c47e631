// Reads the `messages` of a Chat Completions request into canonical messages and checks the rules between them: which
// tool message answers which call.

import { ChatError } from '../../chat/error.ts'
import type {
	AssistantMessage,
	AssistantPart,
	Message,
	ReasoningPart,
	TextPart,
	ToolCall,
	ToolMessage,
	UserPart,
} from '../../chat/message.ts'
import { toolCallsOf } from '../../chat/parts.ts'
import type { MessageBody, ToolCallBody } from './chat-request-schema.ts'

type AssistantBody = Extract<MessageBody, { role: 'assistant' }>
type AssistantPartBody = Exclude<AssistantBody['content'], string | null | undefined>[number]
type UserBody = Extract<MessageBody, { role: 'user' }>
type UserPartBody = Exclude<UserBody['content'], string>[number]

/**
 * @throws ChatError `invalid-request` if a tool message answers no call, or a call remains unanswered.
 */
export function readMessages(bodies: readonly MessageBody[]): readonly Message[] {
	const messages: Message[] = []
	const open = new OpenCalls()
	for (const [index, body] of bodies.entries()) {
		if (body.role !== 'tool' && body.role !== 'function') open.expectNone(index)
		const message = readMessage(body, index)
		if (message.role === 'assistant') open.begin(toolCallsOf(message.content))
		if (message.role === 'tool') open.answer(message, index)
		messages.push(message)
	}
	open.expectNone(bodies.length - 1)
	return messages
}

function readMessage(body: MessageBody, index: number): Message {
	switch (body.role) {
		case 'system':
		case 'developer':
			return { role: body.role, content: readTexts(body.content), ...readName(body.name) }
		case 'user':
			return { role: 'user', content: readUserContent(body.content), ...readName(body.name) }
		case 'assistant':
			return readAssistant(body, index)
		case 'tool':
			return { role: 'tool', callId: body.tool_call_id, content: readTexts(body.content) }
		case 'function':
			return { role: 'tool', callId: legacyCallId(body.name), content: readTexts(body.content ?? '') }
	}
}

/** The wire has fields instead of an order: reasoning comes first, and calls last. */
function readAssistant(body: AssistantBody, index: number): AssistantMessage {
	const reasoning = body.reasoning_content ?? body.reasoning ?? undefined
	const content: AssistantPart[] = reasoning === undefined ? [] : [{ type: 'reasoning', text: reasoning }]
	if (typeof body.content === 'string') content.push({ type: 'text', text: body.content })
	else for (const part of body.content ?? []) content.push(...readAssistantPart(part, reasoning !== undefined))
	if (body.refusal != null) content.push({ type: 'refusal', text: body.refusal })
	content.push(...(body.tool_calls ?? []).map(readToolCall))
	const { function_call: legacy } = body
	if (legacy != null) content.push(functionCall(legacyCallId(legacy.name), legacy))
	if (content.every(({ type }) => type === 'reasoning') && body.content === undefined && body.audio == null)
		throw new ChatError('invalid-request', `Missing required parameter: 'messages[${index}].content'.`, {
			param: `messages[${index}].content`,
			code: 'missing_required_parameter',
		})
	return { role: 'assistant', content, ...readName(body.name) }
}

/** @param hasReasoning the message has its reasoning in a field, which repeats any in the content. */
function readAssistantPart(part: AssistantPartBody, hasReasoning: boolean): readonly AssistantPart[] {
	switch (part.type) {
		case 'text':
			return [{ type: 'text', text: part.text }]
		case 'refusal':
			return [{ type: 'refusal', text: part.refusal }]
		case 'thinking':
			return hasReasoning ? [] : [readThinking(part.thinking)]
	}
}

function readThinking(thinking: string | readonly { readonly text?: string | null | undefined }[]): ReasoningPart {
	const text = typeof thinking === 'string' ? thinking : thinking.map((piece) => piece.text ?? '').join('')
	return { type: 'reasoning', text }
}

function readToolCall(call: ToolCallBody): ToolCall {
	if (call.type === 'function') return functionCall(call.id, call.function)
	return { type: 'tool-call', kind: 'custom', id: call.id, name: call.custom.name, arguments: call.custom.input }
}

function functionCall(id: string, called: { readonly name: string; readonly arguments: string }): ToolCall {
	return { type: 'tool-call', kind: 'function', id, name: called.name, arguments: called.arguments }
}

/** The deprecated `function` role has no ids. The name serves as the id: it is unique while one call is open. */
function legacyCallId(name: string): string {
	return `function:${name}`
}

function readName(name: string | null | undefined): { readonly name?: string } {
	return name == null ? {} : { name }
}

function readTexts(content: string | readonly { readonly text: string }[]): readonly TextPart[] {
	if (typeof content === 'string') return [{ type: 'text', text: content }]
	return content.map(({ text }) => ({ type: 'text', text }))
}

function readUserContent(content: UserBody['content']): readonly UserPart[] {
	return typeof content === 'string' ? [{ type: 'text', text: content }] : content.map(readUserPart)
}

function readUserPart(part: UserPartBody): UserPart {
	switch (part.type) {
		case 'text':
			return { type: 'text', text: part.text }
		case 'image_url': {
			if (typeof part.image_url === 'string') return { type: 'image', url: part.image_url }
			const { url, detail } = part.image_url
			return { type: 'image', url, detail: detail ?? undefined }
		}
		case 'input_audio':
			return { type: 'audio', data: part.input_audio.data, format: part.input_audio.format }
		case 'file': {
			const { file_id: id, filename: name, file_data: data } = part.file
			return {
				type: 'file',
				id: id ?? undefined,
				name: name ?? undefined,
				data: data ?? undefined,
			}
		}
	}
}

/** The calls of the last assistant message that have no tool message yet. */
class OpenCalls {
	private readonly ids = new Set<string>()

	begin(calls: readonly ToolCall[]): void {
		for (const { id } of calls) this.ids.add(id)
	}

	answer(message: ToolMessage, index: number): void {
		if (this.ids.delete(message.callId)) return
		throw new ChatError(
			'invalid-request',
			"Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
			{
				param: `messages.[${index}].role`,
			},
		)
	}

	expectNone(index: number): void {
		if (this.ids.size === 0) return
		const ids = [...this.ids].slice(0, 8).join(', ')
		throw new ChatError(
			'invalid-request',
			`An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${ids}`,
			{ param: `messages.[${index}].role` },
		)
	}
}
