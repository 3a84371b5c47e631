// Reads items into canonical messages. OpenAI represents the reasoning, text and calls of one answer as separate items;
// here they become one message. References to stored items are resolved elsewhere.

import type { z } from 'zod'
import { ChatError } from '../../../chat/error.ts'
import { isObject } from '../../../chat/json.ts'
import type { AssistantMessage, Message, TextPart, UserPart } from '../../../chat/message.ts'
import { schemaErrorAt } from '../schema-error.ts'
import {
	compactionItem,
	customCallItem,
	foreignItems,
	functionCallItem,
	type MessageItem,
	messageItem,
	type OutputContent,
	outputItem,
	reasoningItem,
	referenceItem,
	type UserContent,
} from './item-schema.ts'
import { readOpaque } from './opaque-text.ts'
import { flattenName } from './tool-name.ts'

/** One parsed item. */
export type ParsedItem =
	| { readonly type: 'message'; readonly message: Exclude<Message, AssistantMessage> }
	/** Part of an answer. */
	| { readonly type: 'assistant'; readonly message: Omit<AssistantMessage, 'role'> }
	/** A stored item, by its id. */
	| { readonly type: 'reference'; readonly id: string }

/** Location of items in a body, for error messages: `input` or `items`. */
export interface ItemPath {
	readonly body: unknown
	readonly field: string
}

/** @throws ChatError `invalid-request` for an invalid item, `unsupported` for content that no model here accepts. */
export function readItems(items: readonly unknown[], location: ItemPath): readonly ParsedItem[] {
	return items.flatMap((item, index) => readItem(item, index, location))
}

/** Replaces each reference by the items found for it, once, even if it is referenced several times. */
export function resolveReferences(
	pieces: readonly ParsedItem[],
	found: ReadonlyMap<string, readonly ParsedItem[]>,
): readonly ParsedItem[] {
	const rest = new Map(found)
	return pieces.flatMap((piece) => {
		if (piece.type !== 'reference') return [piece]
		const there = rest.get(piece.id) ?? []
		rest.delete(piece.id)
		return there
	})
}

/**
 * Merges adjacent parts of an answer into one message. References must have been replaced; the remaining ones are
 * ignored.
 */
export function mergeItems(pieces: readonly ParsedItem[]): readonly Message[] {
	const messages: Message[] = []
	for (const piece of pieces) {
		if (piece.type === 'reference') continue
		if (piece.type === 'message') {
			messages.push(piece.message)
			continue
		}
		const last = messages.at(-1)
		if (last?.role === 'assistant') messages[messages.length - 1] = joinTexts(last, piece.message)
		else messages.push({ role: 'assistant', ...piece.message })
	}
	return messages
}

function joinTexts(first: AssistantMessage, second: Omit<AssistantMessage, 'role'>): AssistantMessage {
	const reasoning = (first.reasoning ?? '') + (second.reasoning ?? '')
	return {
		role: 'assistant',
		content: [...first.content, ...second.content],
		reasoning: reasoning === '' ? undefined : reasoning,
		toolCalls: [...first.toolCalls, ...second.toolCalls],
	}
}

function readItem(item: unknown, index: number, location: ItemPath): readonly ParsedItem[] {
	const path = [location.field, index]
	const at = `${location.field}[${index}]`
	const parse = <Schema extends z.ZodType>(schema: Schema): z.infer<Schema> => {
		const parsed = schema.safeParse(item)
		if (!parsed.success) throw schemaErrorAt(path, parsed.error, location.body)
		return parsed.data
	}
	const type = isObject(item) ? (item.type ?? 'message') : 'message'
	switch (type) {
		case 'message':
			return [readMessage(parse(messageItem), at)]
		case 'function_call': {
			const call = parse(functionCallItem)
			return [
				answerPart({
					toolCalls: [{ type: 'function', id: call.call_id, name: calledName(call), arguments: call.arguments }],
				}),
			]
		}
		case 'custom_tool_call': {
			const call = parse(customCallItem)
			return [
				answerPart({
					toolCalls: [{ type: 'custom', id: call.call_id, name: calledName(call), arguments: call.input }],
				}),
			]
		}
		case 'function_call_output':
		case 'custom_tool_call_output': {
			const { call_id: callId, output } = parse(outputItem)
			return [{ type: 'message', message: { role: 'tool', callId, content: readOutput(output, `${at}.output`) } }]
		}
		case 'reasoning': {
			const reasoning = readReasoning(parse(reasoningItem))
			return reasoning === '' ? [] : [answerPart({ reasoning })]
		}
		case 'compaction':
			return [readCompaction(parse(compactionItem).encrypted_content, at)]
		case 'item_reference':
			return [{ type: 'reference', id: parse(referenceItem).id }]
		default:
			if (typeof type === 'string' && (foreignItems.has(type) || type.includes(':'))) return []
			throw unknownType(type, at)
	}
}

function unknownType(type: unknown, at: string): ChatError {
	const shown = typeof type === 'string' ? type.slice(0, 100) : typeof type
	return new ChatError('invalid-request', `Invalid value: '${shown}'. This item type is not supported.`, {
		param: `${at}.type`,
		code: 'invalid_value',
	})
}

function answerPart(part: Partial<Omit<AssistantMessage, 'role'>>): ParsedItem {
	return { type: 'assistant', message: { content: [], toolCalls: [], ...part } }
}

function calledName({
	name,
	namespace,
}: {
	readonly name: string
	readonly namespace?: string | null | undefined
}): string {
	return flattenName({ name, namespace: namespace ?? undefined })
}

function readMessage(item: MessageItem, at: string): ParsedItem {
	switch (item.role) {
		case 'system':
		case 'developer':
			return { type: 'message', message: { role: item.role, content: readTexts(item.content) } }
		case 'user':
			return { type: 'message', message: { role: 'user', content: readUserContent(item.content, `${at}.content`) } }
		case 'assistant': {
			const { content } = item
			if (typeof content === 'string') return answerPart({ content: [{ type: 'text', text: content }] })
			return answerPart({
				content: content.map((part) =>
					part.type === 'refusal' ? { type: 'refusal', text: part.refusal } : { type: 'text', text: part.text },
				),
			})
		}
	}
}

function readTexts(content: string | readonly { readonly text: string }[]): readonly TextPart[] {
	if (typeof content === 'string') return [{ type: 'text', text: content }]
	return content.map(({ text }) => ({ type: 'text', text }))
}

function readUserContent(content: UserContent, at: string): readonly UserPart[] {
	if (typeof content === 'string') return [{ type: 'text', text: content }]
	return content.map((part, index) => readUserPart(part, `${at}[${index}]`))
}

function readUserPart(part: Exclude<UserContent, string>[number], at: string): UserPart {
	switch (part.type) {
		case 'input_text':
		case 'text':
			return { type: 'text', text: part.text }
		case 'input_image': {
			const { image_url: url, detail } = part
			if (url == null)
				throw unsupported(`${at}.image_url`, 'Images must be passed by URL or inline: this server stores no files.')
			// The default for an image without a detail level.
			if (detail == null || detail === 'auto') return { type: 'image', url }
			return { type: 'image', url, detail: detail === 'original' ? 'high' : detail }
		}
		case 'input_audio':
			return { type: 'audio', data: part.input_audio.data, format: part.input_audio.format }
		case 'input_file': {
			const { file_id: id, filename: name, file_data: data, file_url: url } = part
			if (url != null)
				throw unsupported(`${at}.file_url`, 'Files must be passed inline: this server does not fetch files.')
			return {
				type: 'file',
				id: id ?? undefined,
				name: name ?? undefined,
				data: data ?? undefined,
			}
		}
	}
}

function readOutput(output: OutputContent, at: string): readonly TextPart[] {
	if (typeof output === 'string') return [{ type: 'text', text: output }]
	return output.map((part, index) => {
		if (part.type === 'input_image' || part.type === 'input_file')
			throw unsupported(`${at}[${index}]`, 'The output of a tool call must be text.')
		return { type: 'text', text: part.text }
	})
}

function unsupported(param: string, message: string): ChatError {
	return new ChatError('unsupported', message, { param, code: 'unsupported_value' })
}

/** Text encrypted here is exact. Of other servers' items only the plain text is readable. */
function readReasoning({ encrypted_content: encrypted, content, summary }: z.infer<typeof reasoningItem>): string {
	const opened = encrypted == null ? undefined : readOpaque(encrypted)
	if (opened !== undefined) return opened
	const parts = content != null && content.length > 0 ? content : (summary ?? [])
	return parts.map(({ text }) => text).join('')
}

function readCompaction(encrypted: string, at: string): ParsedItem {
	const summary = readOpaque(encrypted)
	if (summary === undefined)
		throw new ChatError(
			'invalid-request',
			'The encrypted content could not be verified: it was not created by this server.',
			{
				param: `${at}.encrypted_content`,
				code: 'invalid_encrypted_content',
			},
		)
	const text = `A summary of the conversation so far:\n\n${summary}`
	return { type: 'message', message: { role: 'system', content: [{ type: 'text', text }] } }
}
