// Writes canonical messages for this wire: user and assistant messages alternate, tool results belong to the user, and
// no message is empty.

import { ChatError } from '../../chat/error.ts'
import { isObject, type Json, type JsonObject } from '../../chat/json.ts'
import { parseJson } from '../../chat/json-text.ts'
import type {
	AssistantMessage,
	FilePart,
	ImagePart,
	Message,
	RefusalPart,
	ToolCall,
	UserPart,
} from '../../chat/message.ts'
import { writeCustomToolArguments } from '../json/custom-tool-function.ts'
import { writeCacheMark } from './cache-marks.ts'
import { messagesWire } from './formats.ts'

type Block = JsonObject

interface AnthropicMessage {
	readonly role: 'user' | 'assistant' | 'system'
	readonly content: Block[]
}

/**
 * How instructions after the first user message are sent: as text of the user's message, or as messages of their own,
 * which not every model accepts.
 */
export type LaterInstructions = 'user' | 'system'

/** @throws ChatError `unsupported` for audio, and for files that the wire does not accept. */
export function writeTurns(messages: readonly Message[], instructions: LaterInstructions): readonly JsonObject[] {
	const turns: AnthropicMessage[] = []
	let waiting: Block[] = []
	for (const message of messages) {
		if (instructions === 'system' && (message.role === 'system' || message.role === 'developer')) {
			waiting.push(...writeBlocks(message.content))
			continue
		}
		const role = message.role === 'assistant' ? 'assistant' : 'user'
		const content = writeContent(message)
		if (content.length === 0) continue
		if (role === 'assistant') waiting = instruct(waiting, turns)
		const last = turns.at(-1)
		if (last?.role === role) last.content.push(...content)
		else turns.push({ role, content: [...content] })
	}
	instruct(waiting, turns)
	// A truncated conversation may start with an assistant message; the wire requires a user message first.
	if (turns[0]?.role !== 'user') turns.unshift({ role: 'user', content: [{ type: 'text', text: emptyText }] })
	return turns.map(({ role, content }, index) => ({
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

function writeContent(message: Message): readonly Block[] {
	switch (message.role) {
		case 'system':
		case 'developer':
			// The `system` field holds only leading instructions.
			return writeBlocks(message.content).map(tagged)
		case 'user':
			return writeBlocks(message.content)
		case 'assistant':
			return writeAssistant(message)
		case 'tool': {
			const content = writeBlocks(message.content)
			return [
				{
					type: 'tool_result',
					tool_use_id: writeId(message.callId),
					content: content.length === 0 ? undefined : content,
					is_error: message.isError === true ? true : undefined,
					...writeCacheMark(message.cacheMark),
				},
			]
		}
	}
}

/** The wire rejects thinking without its signature, so thinking without one is omitted. */
function writeAssistant({ content, thoughts, toolCalls }: AssistantMessage): readonly Block[] {
	const signed = (thoughts ?? []).flatMap(({ text, proof, sealed }): Block[] => {
		if (proof?.wire !== messagesWire) return []
		return sealed === true
			? [{ type: 'redacted_thinking', data: proof.value }]
			: [{ type: 'thinking', thinking: text, signature: proof.value }]
	})
	return [...signed, ...writeBlocks(content), ...toolCalls.map(writeCall)]
}

function writeCall({ id, name, arguments: given, type, cacheMark }: ToolCall): Block {
	return {
		type: 'tool_use',
		id: writeId(id),
		name,
		input: type === 'custom' ? writeCustomToolArguments(given) : readInput(given),
		...writeCacheMark(cacheMark),
	}
}

function readInput(given: string): Json {
	try {
		const value: unknown = parseJson(given === '' ? '{}' : given)
		if (isObject(value)) return value as JsonObject
	} catch {
		// The model wrote invalid JSON, which is returned unchanged.
	}
	return { input: given }
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
export function writeBlocks(parts: readonly (UserPart | RefusalPart)[]): readonly Block[] {
	return parts.filter((part) => !('text' in part) || part.text.trim() !== '').map(writeBlock)
}

function writeBlock(part: UserPart | RefusalPart): Block {
	switch (part.type) {
		case 'text':
			return { type: 'text', text: part.text, ...writeCacheMark(part.cacheMark) }
		case 'refusal':
			return { type: 'text', text: part.text }
		case 'image':
			return writeImage(part)
		case 'file':
			return writeDocument(part)
		case 'audio':
			throw new ChatError('unsupported', 'This model does not support audio input.', { param: 'messages' })
	}
}

function writeImage({ url, cacheMark }: ImagePart): Block {
	const inline = readDataUrl(url)
	const source =
		inline === undefined ? { type: 'url', url } : { type: 'base64', media_type: inline.type, data: inline.data }
	return { type: 'image', source, ...writeCacheMark(cacheMark) }
}

function writeDocument({ id, name, data, url, cacheMark }: FilePart): Block {
	return {
		type: 'document',
		source: writeSource(id, data, url),
		title: name,
		...writeCacheMark(cacheMark),
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
	return content.map((block, index) =>
		index === content.length - 1 && typeof block.text === 'string' ? { ...block, text: block.text.trimEnd() } : block,
	)
}
