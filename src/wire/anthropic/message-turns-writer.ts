// Writes canonical messages for this wire: user and assistant messages alternate, tool results belong to the user, and
// no message is empty.

import { ChatError } from '../../chat/error.ts'
import { isObject, type Json, type JsonObject } from '../../chat/json.ts'
import type {
	AssistantMessage,
	AssistantPart,
	FilePart,
	ImagePart,
	Message,
	ReasoningPart,
	TextPart,
	ToolCall,
	UserPart,
} from '../../chat/message.ts'
import type { Drop } from '../../chat/request-fates.ts'
import { tryParseJson } from '../../chat/try-parse-json.ts'
import { writeCustomToolArguments } from '../json/custom-tool-function.ts'
import { writeCacheMark } from './cache-marks.ts'

type Block = JsonObject

interface AnthropicMessage {
	readonly role: 'user' | 'assistant' | 'system'
	readonly content: Block[]
	/** Unknown fields. */
	readonly rest?: JsonObject | undefined
}

/**
 * How instructions after the first user message are sent: as text of the user's message, or as messages of their own,
 * which not every model accepts.
 */
export type LaterInstructions = 'user' | 'system'

export interface TurnsForm {
	readonly instructions: LaterInstructions
	/** Index of the first message in the request, for reports. */
	readonly firstIndex: number
	readonly drop: Drop
}

/**
 * @param messages have only what this wire recognizes: see chat/destination.ts.
 * @throws ChatError `unsupported` for audio, and for files that the wire does not accept.
 */
export function writeTurns(
	messages: readonly Message[],
	{ instructions, firstIndex, drop }: TurnsForm,
): readonly JsonObject[] {
	const turns: AnthropicMessage[] = []
	let waiting: Block[] = []
	for (const [index, message] of messages.entries()) {
		if (instructions === 'system' && (message.role === 'system' || message.role === 'developer')) {
			waiting.push(...writeBlocks(message.content))
			continue
		}
		const role = message.role === 'assistant' ? 'assistant' : 'user'
		const content = writeContent(message, (part) => drop(`messages[${firstIndex + index}].content[${part}]`))
		if (content.length === 0) continue
		if (role === 'assistant') waiting = instruct(waiting, turns)
		const rest = message.role === 'tool' ? undefined : message.rest?.fields
		const last = turns.at(-1)
		if (last?.role === role)
			turns.splice(-1, 1, { role, content: [...last.content, ...content], rest: { ...last.rest, ...rest } })
		else turns.push({ role, content: [...content], rest })
	}
	instruct(waiting, turns)
	// A truncated conversation may start with an assistant message; the wire requires a user message first.
	if (turns[0]?.role !== 'user') turns.unshift({ role: 'user', content: [{ type: 'text', text: emptyText }] })
	return turns.map(({ role, content, rest }, index) => ({
		...rest,
		role,
		content:
			role === 'user'
				? resultsFirst(content)
				: role === 'assistant' && index === turns.length - 1
					? withoutTrailingSpace(content)
					: content,
	}))
}

/**
 * The wire accepts a message of instructions only directly after a user message, and not between calls and their
 * results.
 */
function instruct(waiting: readonly Block[], turns: AnthropicMessage[]): Block[] {
	if (waiting.length === 0) return []
	if (turns.at(-1)?.role === 'user') turns.push({ role: 'system', content: [...waiting] })
	else turns.push({ role: 'user', content: waiting.map(tagged) })
	return []
}

function tagged(block: Block): Block {
	return { ...block, text: `<system>\n${String(block.text)}\n</system>` }
}

/** Tool results must directly follow their calls, so other content of the message comes after them. */
function resultsFirst(content: readonly Block[]): readonly Block[] {
	const isResult = ({ type }: Block) => type === 'tool_result'
	return [...content.filter(isResult), ...content.filter((block) => !isResult(block))]
}

const emptyText = '…'

/** @param drop reports the part with this index. */
function writeContent(message: Message, drop: (part: number) => void): readonly Block[] {
	switch (message.role) {
		case 'system':
		case 'developer':
			// The `system` field holds only leading instructions.
			return writeBlocks(message.content).map(tagged)
		case 'user':
			return writeBlocks(message.content)
		case 'assistant':
			return writeAssistant(message, drop)
		case 'tool': {
			const content = writeBlocks(message.content)
			return [
				{
					type: 'tool_result',
					tool_use_id: writeId(message.callId),
					content: content.length === 0 ? undefined : content,
					is_error: message.isError === true ? true : undefined,
					...writeCacheMark(message.cacheMark),
					...message.rest?.fields,
				},
			]
		}
		default:
			return message satisfies never
	}
}

/**
 * The API verifies that a turn with signed thinking is unmodified, so blank texts remain in it, although it rejects them
 * elsewhere.
 */
function writeAssistant({ content }: AssistantMessage, drop: (part: number) => void): readonly Block[] {
	const keepsBlank = content.some(({ type }) => type === 'reasoning')
	return content.flatMap((part, index) => {
		if (part.type === 'image' || part.type === 'audio') drop(index)
		return writePart(part, keepsBlank)
	})
}

function writePart(part: AssistantPart, keepsBlank: boolean): readonly Block[] {
	switch (part.type) {
		case 'text':
			return isSendable(part, keepsBlank) ? [writeText(part)] : []
		case 'refusal':
			return isSendable(part, keepsBlank) ? [{ type: 'text', text: part.text, ...part.rest?.fields }] : []
		case 'reasoning':
			return writeReasoning(part)
		case 'tool-call':
			return [writeCall(part)]
		case 'provider-item':
			return [part.item]
		case 'image':
		case 'audio':
			return []
		default:
			return part satisfies never
	}
}

function isSendable({ text }: { readonly text: string }, keepsBlank: boolean): boolean {
	return text !== '' && (keepsBlank || text.trim() !== '')
}

function writeReasoning({ text, signature, encrypted, rest }: ReasoningPart): readonly Block[] {
	if (signature === undefined) return []
	return encrypted === true
		? [{ type: 'redacted_thinking', data: signature.value, ...rest?.fields }]
		: [{ type: 'thinking', thinking: text, signature: signature.value, ...rest?.fields }]
}

function writeCall({ id, name, arguments: given, kind, cacheMark, rest }: ToolCall): Block {
	return {
		type: 'tool_use',
		id: writeId(id),
		name,
		input: kind === 'custom' ? writeCustomToolArguments(given) : readInput(given),
		...writeCacheMark(cacheMark),
		...rest?.fields,
	}
}

function readInput(given: string): Json {
	const value = tryParseJson(given === '' ? '{}' : given)
	// The model may have written invalid JSON, which is returned unchanged.
	return isObject(value) ? (value as JsonObject) : { input: given }
}

/** The wire accepts only letters, digits, `_` and `-` in ids. */
function writeId(id: string): string {
	return id.replace(/[^\w-]/g, '_')
}

/**
 * The wire rejects blank text blocks, so they are omitted.
 *
 * @throws ChatError `unsupported` for audio.
 */
export function writeBlocks(parts: readonly UserPart[]): readonly Block[] {
	return parts.filter((part) => part.type !== 'text' || isSendable(part, false)).map(writeBlock)
}

function writeBlock(part: UserPart): Block {
	switch (part.type) {
		case 'text':
			return writeText(part)
		case 'image':
			return writeImage(part)
		case 'file':
			return writeDocument(part)
		case 'provider-item':
			return part.item
		case 'audio':
			throw new ChatError('unsupported', 'This model does not support audio input.', { param: 'messages' })
		default:
			return part satisfies never
	}
}

function writeText({ text, cacheMark, rest }: TextPart): Block {
	return { type: 'text', text, ...writeCacheMark(cacheMark), ...rest?.fields }
}

function writeImage({ url, cacheMark, rest }: ImagePart): Block {
	const inline = readDataUrl(url)
	const source =
		inline === undefined ? { type: 'url', url } : { type: 'base64', media_type: inline.type, data: inline.data }
	return { type: 'image', source, ...writeCacheMark(cacheMark), ...rest?.fields }
}

function writeDocument({ id, name, data, url, cacheMark, rest }: FilePart): Block {
	return {
		type: 'document',
		source: writeSource(id, data, url),
		title: name,
		...writeCacheMark(cacheMark),
		...rest?.fields,
	}
}

function writeSource(id: string | undefined, data: string | undefined, url: string | undefined): JsonObject {
	if (id !== undefined) return { type: 'file', file_id: id }
	if (url !== undefined) return { type: 'url', url }
	const inline = readDataUrl(data ?? '')
	if (inline?.type === 'text/plain')
		return { type: 'text', media_type: inline.type, data: Buffer.from(inline.data, 'base64').toString() }
	if (inline !== undefined) return { type: 'base64', media_type: inline.type, data: inline.data }
	throw new ChatError('unsupported', 'A file must be an id, a URL or a base64 data URL.', { param: 'messages' })
}

function readDataUrl(url: string): { readonly type: string; readonly data: string } | undefined {
	const [, type, data] = /^data:([^;,]+)(?:;[^,]*)?;base64,(.*)$/s.exec(url) ?? []
	return type === undefined || data === undefined ? undefined : { type, data }
}

/** The wire rejects an assistant prefix that ends with white space. */
function withoutTrailingSpace(content: readonly Block[]): readonly Block[] {
	const last = content.at(-1)
	if (last?.type !== 'text') return content
	const text = String(last.text).trimEnd()
	const before = content.slice(0, -1)
	return text === '' ? withoutTrailingSpace(before) : [...before, { ...last, text }]
}
