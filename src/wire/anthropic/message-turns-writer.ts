// Canonical turns written as this wire's: the user and the assistant take turns, results of tools are the user's, and every turn says
// something.

import { ChatError } from '../../chat/error.ts'
import type { Json, JsonObject } from '../../chat/json.ts'
import type {
	AssistantMessage,
	CacheLife,
	FilePart,
	ImagePart,
	Message,
	RefusalPart,
	ToolCall,
	UserPart,
} from '../../chat/message.ts'
import { messagesWire } from './formats.ts'

type Block = JsonObject

interface Turn {
	readonly role: 'user' | 'assistant'
	readonly content: Block[]
}

/** @throws ChatError `unsupported` for sounds and files that the wire does not take. */
export function writeTurns(messages: readonly Message[]): readonly JsonObject[] {
	const turns: Turn[] = []
	for (const message of messages) {
		const role = message.role === 'assistant' ? 'assistant' : 'user'
		const content = writeContent(message)
		if (content.length === 0) continue
		const last = turns.at(-1)
		if (last?.role === role) last.content.push(...content)
		else turns.push({ role, content: [...content] })
	}
	// A conversation that was cut may begin with an answer; the wire wants a question.
	if (turns[0]?.role !== 'user') turns.unshift({ role: 'user', content: [{ type: 'text', text: nothingSaid }] })
	return turns.map(({ role, content }, index) => ({
		role,
		content:
			role === 'user' ? resultsFirst(content) : index === turns.length - 1 ? withoutTrailingSpace(content) : content,
	}))
}

/** Results of tools have to stand right behind their calls, whatever was said between. */
function resultsFirst(content: readonly Block[]): readonly Block[] {
	const isResult = ({ type }: Block) => type === 'tool_result'
	return [...content.filter(isResult), ...content.filter((block) => !isResult(block))]
}

const nothingSaid = '…'

function writeContent(message: Message): readonly Block[] {
	switch (message.role) {
		case 'system':
		case 'developer':
			// Later instructions have no place of their own.
			return writeBlocks(message.content).map((block) => ({
				...block,
				text: `<system>\n${String(block.text)}\n</system>`,
			}))
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
					...(content.length === 0 ? {} : { content }),
					...(message.isError === true ? { is_error: true } : {}),
					...writeMark(message.cacheMark),
				},
			]
		}
	}
}

/** Thinking is the model's own only with its proof; without it the wire refuses it. */
function writeAssistant({ content, thoughts, toolCalls }: AssistantMessage): readonly Block[] {
	const proven = (thoughts ?? []).flatMap(({ text, proof, sealed }): Block[] => {
		if (proof?.wire !== messagesWire) return []
		return sealed === true
			? [{ type: 'redacted_thinking', data: proof.value }]
			: [{ type: 'thinking', thinking: text, signature: proof.value }]
	})
	return [...proven, ...writeBlocks(content), ...toolCalls.map(writeCall)]
}

function writeCall({ id, name, arguments: given, type, cacheMark }: ToolCall): Block {
	return {
		type: 'tool_use',
		id: writeId(id),
		name,
		input: type === 'custom' ? { input: given } : readInput(given),
		...writeMark(cacheMark),
	}
}

function readInput(given: string): Json {
	try {
		const value: unknown = JSON.parse(given === '' ? '{}' : given)
		if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
	} catch {
		// A model wrote something that is no JSON; it is told back as it was.
	}
	return { input: given }
}

/** The wire takes ids of letters, digits, `_` and `-`. */
function writeId(id: string): string {
	return id.replace(/[^\w-]/g, '_')
}

/**
 * Blocks that say nothing are refused, so they are left out.
 *
 * @throws ChatError `unsupported` for sounds.
 */
export function writeBlocks(parts: readonly (UserPart | RefusalPart)[]): readonly Block[] {
	return parts.filter((part) => !('text' in part) || part.text.trim() !== '').map(writeBlock)
}

function writeBlock(part: UserPart | RefusalPart): Block {
	switch (part.type) {
		case 'text':
			return { type: 'text', text: part.text, ...writeMark(part.cacheMark) }
		case 'refusal':
			return { type: 'text', text: part.text }
		case 'image':
			return writeImage(part)
		case 'file':
			return writeDocument(part)
		case 'audio':
			throw new ChatError('unsupported', 'This model does not listen to sound.', { param: 'messages' })
	}
}

function writeMark(cacheMark: CacheLife | undefined): JsonObject {
	return cacheMark === undefined ? {} : { cache_control: { type: 'ephemeral', ttl: cacheMark } }
}

function writeImage({ url, cacheMark }: ImagePart): Block {
	const inline = readDataUrl(url)
	const source =
		inline === undefined ? { type: 'url', url } : { type: 'base64', media_type: inline.type, data: inline.data }
	return { type: 'image', source, ...writeMark(cacheMark) }
}

function writeDocument({ id, name, data, url, cacheMark }: FilePart): Block {
	return {
		type: 'document',
		source: writeSource(id, data, url),
		...(name === undefined ? {} : { title: name }),
		...writeMark(cacheMark),
	}
}

function writeSource(id: string | undefined, data: string | undefined, url: string | undefined): JsonObject {
	if (id !== undefined) return { type: 'file', file_id: id }
	if (url !== undefined) return { type: 'url', url }
	const inline = readDataUrl(data ?? '')
	if (inline?.type === 'text/plain')
		return { type: 'text', media_type: inline.type, data: Buffer.from(inline.data, 'base64').toString() }
	if (inline !== undefined) return { type: 'base64', media_type: inline.type, data: inline.data }
	throw new ChatError('unsupported', 'Files are taken by id, by URL, or as a base64 data URL.', { param: 'messages' })
}

function readDataUrl(url: string): { readonly type: string; readonly data: string } | undefined {
	const [, type, data] = /^data:([^;,]+)(?:;[^,]*)?;base64,(.*)$/s.exec(url) ?? []
	return type === undefined || data === undefined ? undefined : { type, data }
}

/** What the model is to go on from may not end in white space. */
function withoutTrailingSpace(content: readonly Block[]): readonly Block[] {
	return content.map((block, index) =>
		index === content.length - 1 && typeof block.text === 'string' ? { ...block, text: block.text.trimEnd() } : block,
	)
}
