// Reads the `messages` of a Chat Completions request into canonical messages and checks the rules between them: which
// tool message answers which call.

import { ChatError } from '../../chat/error.ts'
import type { AssistantMessage, AssistantPart, CacheMark, Message, ToolCall, ToolMessage } from '../../chat/message.ts'
import { toolCallsOf } from '../../chat/parts.ts'
import type { Rest } from '../../chat/rest.ts'
import { mapInSteps, retained, visitInSteps } from '../../system/resumable.ts'
import { readCacheMark, withMark } from './cache-marks.ts'
import type { MessageBody, ToolCallBody } from './chat-request-shape.ts'
import {
	readAssistantContent,
	readImages,
	readTexts,
	readToolContent,
	readUserContent,
} from './content-parts-reader.ts'
import { openaiWire } from './formats.ts'
import { knownSignatureFields, readGoogleSignature } from './google-signature.ts'
import { type KnownFields, readRest } from './nested-rest.ts'

type AssistantBody = Extract<MessageBody, { role: 'assistant' }>
type ToolMessageBody = Extract<MessageBody, { role: 'tool' }>

/**
 * @param violate called for a rule of OpenAI's API that a message breaks.
 * @throws ChatError `invalid-request` if a tool message answers no call, or a call remains unanswered.
 */
export function readMessages(
	bodies: readonly MessageBody[],
	violate: (violation: ChatError) => void,
): readonly Message[] {
	const { messages, open, begun } = retained(bodies, 'messages', () => ({
		messages: [] as Message[],
		open: new OpenCalls(),
		// First messages may be results of calls in a stored conversation.
		begun: { past: false },
	}))
	visitInSteps(bodies, 'messages', (body, index) => {
		if (body.role !== 'tool' && body.role !== 'function') open.expectNone(index)
		const message = readMessage(body, index, violate)
		if (message.role === 'assistant') open.begin(toolCallsOf(message.content))
		if (message.role === 'tool' && begun.past) open.answer(message, index)
		if (!isInstructionOrResult(message)) begun.past = true
		messages.push(message)
	})
	open.expectNone(bodies.length - 1)
	return messages
}

function isInstructionOrResult({ role }: Message): boolean {
	return role === 'system' || role === 'developer' || role === 'tool'
}

const knownFields = { role: true, content: true, name: true } as const satisfies KnownFields

function readMessage(body: MessageBody, index: number, violate: (violation: ChatError) => void): Message {
	switch (body.role) {
		case 'system':
		case 'developer':
			return { role: body.role, ...readOwn(body, readTexts(body.content), knownFields), ...readName(body.name) }
		case 'user':
			return { role: 'user', ...readOwn(body, readUserContent(body.content), knownFields), ...readName(body.name) }
		case 'assistant':
			return readAssistant(body, index, violate)
		case 'tool':
			return readToolMessage(body)
		case 'function':
			return {
				role: 'tool',
				callId: legacyCallId(body.name),
				content: readTexts(body.content ?? ''),
				rest: readRest(body, knownFields),
			}
	}
}

function readToolMessage(body: ToolMessageBody): ToolMessage {
	const content = readToolContent(body.content)
	const cacheMark = readCacheMark(body)
	return {
		role: 'tool',
		callId: body.tool_call_id,
		content,
		contentWire: content.some(({ type }) => type !== 'text') ? openaiWire : undefined,
		cacheMark,
		rest: readRest(body, withMark({ ...knownFields, tool_call_id: true }, cacheMark)),
	}
}

/** The content, the last part of which has the message's cache mark, and the rest. */
function readOwn<Part extends { readonly type: string; readonly cacheMark?: CacheMark | undefined }>(
	body: object,
	content: readonly Part[],
	known: KnownFields,
): { readonly content: readonly Part[]; readonly rest: Rest | undefined } {
	const cacheMark = readCacheMark(body, 'message')
	const last = content.at(-1)
	if (cacheMark === undefined || last === undefined || last.cacheMark !== undefined || !markable.has(last.type))
		return { content, rest: readRest(body, known) }
	return {
		content: [...content.slice(0, -1), { ...last, cacheMark }],
		rest: readRest(body, withMark(known, cacheMark)),
	}
}

const markable: ReadonlySet<string> = new Set(['text', 'image', 'file', 'tool-call'])

const knownAssistantFields = {
	...knownFields,
	refusal: true,
	reasoning_content: true,
	reasoning: true,
	tool_calls: true,
	function_call: true,
} as const satisfies KnownFields

/** The wire has fields instead of an order: reasoning comes first, and calls last. */
function readAssistant(body: AssistantBody, index: number, violate: (violation: ChatError) => void): AssistantMessage {
	const reasoning = body.reasoning_content ?? body.reasoning ?? undefined
	const content: AssistantPart[] = reasoning === undefined ? [] : [{ type: 'reasoning', text: reasoning }]
	content.push(...readAssistantContent(body.content, reasoning !== undefined))
	if (body.refusal != null) content.push({ type: 'refusal', text: body.refusal })
	const images = readImages(body.images)
	content.push(...(images ?? []), ...mapInSteps(body.tool_calls ?? [], 'calls', readToolCall))
	const { function_call: legacy } = body
	if (legacy != null) content.push(functionCall(legacyCallId(legacy.name), legacy, {}))
	const known = { ...knownAssistantFields, ...(hasNoAnnotations(body) ? { annotations: true as const } : {}) }
	const own = readOwn(body, content, images === undefined ? known : { ...known, images: true })
	if (content.every(({ type }) => type === 'reasoning') && body.content === undefined && body.audio == null) {
		const missing = new ChatError('invalid-request', `Missing required parameter: 'messages[${index}].content'.`, {
			param: `messages[${index}].content`,
			code: 'missing_required_parameter',
		})
		if (content.length === 0 && own.rest === undefined) throw missing
		violate(missing)
	}
	return { role: 'assistant', ...own, ...readName(body.name) }
}

/** Answers of this API always have the list. */
function hasNoAnnotations({ annotations }: AssistantBody): boolean {
	return Array.isArray(annotations) && annotations.length === 0
}

function readToolCall(call: ToolCallBody): ToolCall {
	if (call.type === 'function') return functionCall(call.id, call.function, call)
	const { name, input } = call.custom
	return { type: 'tool-call', kind: 'custom', id: call.id, name, arguments: input, ...readCallFields(call) }
}

function functionCall(
	id: string,
	called: { readonly name: string; readonly arguments: string },
	call: object,
): ToolCall {
	return {
		type: 'tool-call',
		kind: 'function',
		id,
		name: called.name,
		arguments: called.arguments,
		...readCallFields(call),
	}
}

const knownCallFields = {
	id: true,
	type: true,
	function: { name: true, arguments: true },
	custom: { name: true, input: true },
} as const satisfies KnownFields

function readCallFields(call: object): Pick<ToolCall, 'signature' | 'cacheMark' | 'rest'> {
	const signature = readGoogleSignature(call)
	const known = signature === undefined ? knownCallFields : { ...knownCallFields, ...knownSignatureFields }
	const cacheMark = readCacheMark(call)
	return {
		signature,
		cacheMark,
		rest: readRest(call, withMark(known, cacheMark)),
	}
}

/** The deprecated `function` role has no ids. The name serves as the id: it is unique while one call is open. */
function legacyCallId(name: string): string {
	return `function:${name}`
}

function readName(name: string | null | undefined): { readonly name?: string } {
	return name == null ? {} : { name }
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
