// Writes canonical messages as the `messages` of a Chat Completions request, with the unknown fields that belong to this
// wire. The content of the messages is written by content-parts-writer.ts.

import type { JsonObject } from '../../chat/json.ts'
import type {
	AssistantMessage,
	AssistantPart,
	CacheMark,
	ImagePart,
	Message,
	ProviderItem,
	ReasoningPart,
	RefusalPart,
	TextPart,
	ToolCall,
	ToolMessage,
	ToolPart,
	UserPart,
} from '../../chat/message.ts'
import { reasoningOf } from '../../chat/parts.ts'
import type { Drop } from '../../chat/request-fates.ts'
import { type Rest, restOf } from '../../chat/rest.ts'
import { failurePrefix } from '../../chat/tool-failure.ts'
import { retained, visitInSteps } from '../../system/resumable.ts'
import { writeCustomToolArguments } from '../json/custom-tool-function.ts'
import { isOwnMark, writeCacheMark } from './cache-marks.ts'
import type { FormFor } from './chat-request-form.ts'
import { writeContent, writeImage, writeRefusal, writeText, writeTexts, writeThinking } from './content-parts-writer.ts'
import { openaiWire } from './formats.ts'
import { writeGoogleSignature } from './google-signature.ts'
import { placeInstructions } from './instruction-placement.ts'
import { isOwn, withRest } from './nested-rest.ts'

/** Differences between servers that concern messages. */
export type MessagesForm = FormFor<'messages' | 'messages-and-tools'>

/** @param drop is called for content that the server does not accept. */
export function writeMessages(messages: readonly Message[], form: MessagesForm, drop: Drop): readonly JsonObject[] {
	const { systemMessages } = form
	const placed =
		systemMessages === 'anywhere'
			? messages
			: retained(messages, 'placed', () => placeInstructions(messages, systemMessages, drop))
	// Not every server accepts content other than text in tool messages. What clients of other wires sent in a result
	// follows in a user message after the last result.
	const state = retained(placed, 'written', () => ({ written: [] as JsonObject[], seen: [] as UserPart[] }))
	const { written } = state
	visitInSteps(placed, 'written', (message) => {
		const own = writeMessage(message, form, drop)
		if (message.role !== 'tool' && state.seen.length > 0) {
			written.push({ role: 'user', content: writeContent(state.seen, form, drop) })
			state.seen = []
		}
		written.push(own)
		if (message.role === 'tool' && message.contentWire !== openaiWire)
			state.seen.push(...message.content.filter(({ type }) => type !== 'text'))
	})
	return state.seen.length === 0
		? written
		: [...written, { role: 'user', content: writeContent(state.seen, form, drop) }]
}

function writeMessage(message: Message, form: MessagesForm, drop: Drop): JsonObject {
	switch (message.role) {
		case 'system':
		case 'developer':
			return withRest(
				{
					role: message.role === 'system' ? 'system' : form.developerRole,
					content: writeTexts(message.content, form, drop),
					name: writeName(message.name, form, drop),
					...writeMessageMark(message.content, form, drop),
				},
				message.rest,
			)
		case 'user':
			return withRest(
				{
					role: 'user',
					content: writeContent(message.content, form, drop),
					name: writeName(message.name, form, drop),
					...writeMessageMark(message.content, form, drop),
				},
				message.rest,
			)
		case 'assistant':
			return writeAssistant(message, form, drop)
		case 'tool':
			return writeToolMessage(message, form, drop)
	}
}

function writeName(name: string | undefined, { messageNames }: MessagesForm, drop: Drop): string | undefined {
	if (name === undefined || messageNames === 'send') return name
	drop('messages.name')
	return undefined
}

/** The mark that the client set on the whole message, which its last part has. */
function writeMessageMark(parts: readonly AssistantPart[] | readonly UserPart[], form: MessagesForm, drop: Drop) {
	const last = parts.at(-1)
	return writeCacheMark(last !== undefined && 'cacheMark' in last ? last.cacheMark : undefined, 'message', form, drop)
}

function writeToolMessage(message: ToolMessage, form: MessagesForm, drop: Drop): JsonObject {
	const { cacheMark } = message
	const inPlace = message.contentWire === openaiWire
	const parts = inPlace ? message.content : message.content.filter((part) => part.type === 'text')
	const isOwn = cacheMark === undefined || isOwnMark(cacheMark)
	const result = markLastText(writeFailure(parts, message, form, drop), isOwn ? undefined : cacheMark, drop)
	return withRest(
		{
			role: 'tool',
			tool_call_id: message.callId,
			content: writeContent(result, form, drop),
			...(isOwn ? writeCacheMark(cacheMark, undefined, form, drop) : {}),
		},
		message.rest,
	)
}

/** Servers that accept marks of other clients accept them on text. */
function markLastText(parts: readonly ToolPart[], cacheMark: CacheMark | undefined, drop: Drop): readonly ToolPart[] {
	const last = parts.findLastIndex((part) => part.type === 'text')
	if (cacheMark === undefined) return parts
	if (last === -1) {
		drop('cache_control')
		return parts
	}
	return parts.map((part, index) => (index === last && part.type === 'text' ? { ...part, cacheMark } : part))
}

function writeFailure(
	parts: readonly ToolPart[],
	{ isError }: ToolMessage,
	{ toolFailures }: MessagesForm,
	drop: Drop,
): readonly ToolPart[] {
	if (isError !== true) return parts
	switch (toolFailures) {
		case 'prefix': {
			const [first, ...others] = parts
			if (first?.type === 'text') return [{ ...first, text: failurePrefix + first.text }, ...others]
			return [{ type: 'text', text: failurePrefix.trimEnd() }, ...parts]
		}
		case 'plain':
			drop('is_error')
			return parts
	}
}

/** The parts of an assistant message by the fields that they are written in. */
interface AssistantFields {
	readonly content: ContentPart[]
	readonly reasoning: ReasoningPart[]
	readonly images: ImagePart[]
	readonly calls: ToolCall[]
	refusal: string
}

type ContentPart = TextPart | ReasoningPart | RefusalPart | ProviderItem

/**
 * OpenAI's API rejects an empty list of calls, so it is omitted. A message with only calls has `null` as its content.
 */
function writeAssistant(message: AssistantMessage, form: MessagesForm, drop: Drop): JsonObject {
	const { content, reasoning, images, calls, refusal } = fieldsOf(message, form, drop)
	const isSilent = content.length === 0 && (calls.length > 0 || images.length > 0 || refusal !== '')
	return withRest(
		{
			role: 'assistant',
			content: isSilent ? null : writeAssistantContent(content, form, drop),
			refusal: refusal === '' ? undefined : refusal,
			...writeReasoning(reasoning, form, drop),
			images: images.length === 0 ? undefined : images.map((image) => writeImage(image, form, drop)),
			tool_calls: calls.length === 0 ? undefined : calls.map((call) => writeToolCall(call, form, drop)),
			name: writeName(message.name, form, drop),
			...writeMessageMark(message.content, form, drop),
		},
		message.rest,
	)
}

function fieldsOf(message: AssistantMessage, form: MessagesForm, drop: Drop): AssistantFields {
	const fields: AssistantFields = { content: [], reasoning: [], images: [], calls: [], refusal: '' }
	for (const part of message.content)
		switch (part.type) {
			case 'text':
				fields.content.push(part)
				break
			case 'reasoning':
				if (form.reasoningHistory === 'thinking' && part.text !== '') fields.content.push(part)
				else fields.reasoning.push(part)
				break
			case 'refusal':
				if (isOwn(part.rest)) fields.content.push(part)
				else fields.refusal += part.text
				break
			case 'image':
				if (form.imageHistory === 'send') fields.images.push(part)
				else drop('images')
				break
			case 'tool-call':
				fields.calls.push(part)
				break
			case 'audio':
				drop('audio')
				break
			case 'provider-item':
				if (part.wire === openaiWire) fields.content.push(part)
				break
			default:
				part satisfies never
		}
	return fields
}

function writeAssistantContent(parts: readonly ContentPart[], form: MessagesForm, drop: Drop) {
	const texts = parts.filter((part) => part.type === 'text')
	if (texts.length === parts.length) return writeTexts(texts, form, drop)
	return parts.map((part) => writeContentPart(part, form, drop))
}

function writeContentPart(part: ContentPart, form: MessagesForm, drop: Drop): JsonObject {
	switch (part.type) {
		case 'text':
			return writeText(part, form, drop)
		case 'reasoning':
			return writeThinking(part)
		case 'refusal':
			return writeRefusal(part)
		case 'provider-item':
			return part.item
	}
}

/** Reasoning that only its model can read has no form on this wire. */
function writeReasoning(parts: readonly ReasoningPart[], { reasoningHistory }: MessagesForm, drop: Drop): JsonObject {
	const reasoning = reasoningOf(parts)
	for (const { rest } of parts) for (const name of Object.keys(rest?.fields ?? {})) drop(name)
	if (reasoning === '') return {}
	switch (reasoningHistory) {
		case 'reasoning_content':
			return { reasoning_content: reasoning }
		case 'reasoning':
			return { reasoning }
		case 'both':
			return { reasoning_content: reasoning, reasoning }
		case 'thinking':
			return {}
		case 'omit':
			drop('reasoning_content')
			return {}
	}
}

function writeToolCall(call: ToolCall, form: MessagesForm, drop: Drop): JsonObject {
	const { id, signature, cacheMark } = call
	const rest = restOfCall(call, form, drop)
	return withRest(
		{
			id,
			...writeCalled(call, form),
			...writeGoogleSignature(signature, false),
			...writeCacheMark(cacheMark, undefined, form, drop),
		},
		rest,
	)
}

/** A custom call that is sent as a function has no object for the unknown fields of its own. */
function restOfCall({ kind, rest }: ToolCall, { customTools }: MessagesForm, drop: Drop): Rest | undefined {
	if (kind === 'function' || customTools === 'custom' || rest === undefined) return rest
	const fields = Object.entries(rest.fields).filter(([path]) => {
		const isLost = path.startsWith('custom.')
		if (isLost) drop(path)
		return !isLost
	})
	return restOf(rest.wire, Object.fromEntries(fields))
}

function writeCalled({ kind, name, arguments: given }: ToolCall, { customTools }: MessagesForm): JsonObject {
	if (kind === 'function') return { type: 'function', function: { name, arguments: given } }
	switch (customTools) {
		case 'custom':
			return { type: 'custom', custom: { name, input: given } }
		case 'function':
			return { type: 'function', function: { name, arguments: JSON.stringify(writeCustomToolArguments(given)) } }
	}
}
