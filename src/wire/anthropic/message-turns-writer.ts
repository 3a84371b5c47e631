// Writes canonical messages for this wire: user and assistant messages alternate, tool results belong to the user, and
// no message is empty.

import { isObject, type Json, type JsonObject } from '../../chat/json.ts'
import type {
	AssistantMessage,
	AssistantPart,
	Message,
	ReasoningPart,
	SystemMessage,
	ToolCall,
} from '../../chat/message.ts'
import type { Drop } from '../../chat/request-fates.ts'
import type { Rest } from '../../chat/rest.ts'
import { tryParseJson } from '../../chat/try-parse-json.ts'
import { mapInSteps, resultsOf, retained, visitInSteps } from '../../system/resumable.ts'
import { writeCustomToolArguments } from '../json/custom-tool-function.ts'
import { writeCacheMark } from './cache-marks.ts'
import { isSendable, type WrittenBlock, writeBlocks, writeText } from './message-blocks-writer.ts'

interface AnthropicMessage {
	readonly role: 'user' | 'assistant' | 'system'
	readonly content: WrittenBlock[]
	/** Unknown fields. */
	readonly rest?: JsonObject | undefined
}

/** Instructions that become a message as soon as the wire accepts one. */
interface Instructions {
	readonly content: readonly WrittenBlock[]
	/** Unknown fields, for how long the instructions apply. */
	readonly rest?: JsonObject | undefined
	/** Of the last message that they are from. */
	readonly path: string
}

const noInstructions: Instructions = { content: [], path: '' }

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
	const state = retained(messages, 'turns', () => ({
		turns: [] as AnthropicMessage[],
		waiting: noInstructions,
	}))
	const { turns } = state
	visitInSteps(messages, 'turns', (message, index) => {
		const path = `messages[${firstIndex + index}]`
		const isInstruction = message.role === 'system' || message.role === 'developer'
		if (hasOwnContent(message)) {
			state.waiting = instruct(state.waiting, turns, drop)
			turns.push({ role: 'system', content: [...message.rest.fields.content], rest: requestFields(message.rest) })
			return
		}
		if (isInstruction && instructions === 'system') {
			state.waiting = {
				content: [...state.waiting.content, ...writeBlocks(message.content)],
				rest: { ...state.waiting.rest, ...message.rest?.fields },
				path,
			}
			return
		}
		if (isInstruction) reportRest(message.rest?.fields, path, drop)
		const role = message.role === 'assistant' ? 'assistant' : 'user'
		const content = writeContent(message, (part) => drop(`${path}.content[${part}]`))
		if (content.length === 0) return
		if (role === 'assistant') state.waiting = instruct(state.waiting, turns, drop)
		const rest = message.role === 'tool' || isInstruction ? undefined : requestFields(message.rest)
		const last = turns.at(-1)
		if (last?.role === role) {
			for (const block of content) last.content.push(block)
			if (rest !== undefined) turns.splice(-1, 1, { ...last, rest: { ...last.rest, ...rest } })
		} else turns.push({ role, content: [...content], rest })
	})
	state.waiting = instruct(state.waiting, turns, drop)
	// A truncated conversation may start with an assistant message; the wire requires a user message first.
	if (turns[0]?.role !== 'user') turns.unshift({ role: 'user', content: [{ type: 'text', text: emptyText }] })
	return mapInSteps(turns, 'written', ({ role, content, rest }, index) => ({
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

interface OwnContent {
	readonly rest: Rest & { readonly fields: { readonly content: readonly WrittenBlock[] } }
}

/** Whether the message is instructions that only this wire has, such as changes of tools, in the form of this wire. */
export function hasOwnContent(message: Message): message is SystemMessage & OwnContent {
	return (message.role === 'system' || message.role === 'developer') && Array.isArray(message.rest?.fields.content)
}

/** Fields of a response beside its content. They are stored with the message, and the API rejects them in requests. */
const responseFields: ReadonlySet<string> = new Set([
	...['id', 'type', 'model', 'content', 'container', 'context_management', 'diagnostics', 'input_transformations'],
	...['stop_details', 'stop_reason', 'stop_sequence', 'usage'],
])

function requestFields(rest: Rest | undefined): JsonObject {
	return Object.fromEntries(Object.entries(rest?.fields ?? {}).filter(([name]) => !responseFields.has(name)))
}

/**
 * The wire accepts a message of instructions only directly after a user message, and not between calls and their
 * results.
 */
function instruct({ content, rest, path }: Instructions, turns: AnthropicMessage[], drop: Drop): Instructions {
	if (content.length === 0) return noInstructions
	if (turns.at(-1)?.role === 'user') turns.push({ role: 'system', content: [...content], rest })
	else {
		reportRest(rest, path, drop)
		turns.push({ role: 'user', content: content.map(tagged) })
	}
	return noInstructions
}

function reportRest(rest: JsonObject | undefined, path: string, drop: Drop): void {
	for (const name of Object.keys(rest ?? {})) drop(`${path}.${name}`)
}

function tagged(block: WrittenBlock): WrittenBlock {
	return { ...block, text: `<system>\n${String(block.text)}\n</system>` }
}

/** Tool results must directly follow their calls, so other content of the message comes after them. */
function resultsFirst(content: readonly WrittenBlock[]): readonly WrittenBlock[] {
	const isResult = ({ type }: WrittenBlock) => type === 'tool_result'
	if (!content.some(isResult)) return content
	return [...content.filter(isResult), ...content.filter((block) => !isResult(block))]
}

const emptyText = '…'

/** @param drop reports the part with this index. */
function writeContent(message: Message, drop: (part: number) => void): readonly WrittenBlock[] {
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
function writeAssistant({ content }: AssistantMessage, drop: (part: number) => void): readonly WrittenBlock[] {
	const keepsBlank = content.some(({ type }) => type === 'reasoning')
	const blocks: WrittenBlock[] = resultsOf(content, 'blocks')
	visitInSteps(content, 'blocks', (part, index) => {
		if (part.type === 'image' || part.type === 'audio') drop(index)
		blocks.push(...writePart(part, keepsBlank))
	})
	return blocks
}

function writePart(part: AssistantPart, keepsBlank: boolean): readonly WrittenBlock[] {
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

function writeReasoning({ text, signature, encrypted, rest }: ReasoningPart): readonly WrittenBlock[] {
	if (signature === undefined) return []
	return encrypted === true
		? [{ type: 'redacted_thinking', data: signature.value, ...rest?.fields }]
		: [{ type: 'thinking', thinking: text, signature: signature.value, ...rest?.fields }]
}

function writeCall({ id, name, arguments: given, kind, cacheMark, rest }: ToolCall): WrittenBlock {
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

/** The wire rejects an assistant prefix that ends with white space. */
function withoutTrailingSpace(content: readonly WrittenBlock[]): readonly WrittenBlock[] {
	const last = content.at(-1)
	if (last?.type !== 'text') return content
	const text = String(last.text).trimEnd()
	const before = content.slice(0, -1)
	return text === '' ? withoutTrailingSpace(before) : [...before, { ...last, text }]
}
