// Reads the `messages` of a request into canonical messages. A user message with tool results becomes one tool message
// per result, and a user message for the rest of its content.

import type { JsonObject } from '../../chat/json.ts'
import { stringifyJson } from '../../chat/json-text.ts'
import type {
	AssistantMessage,
	AssistantPart,
	Message,
	Signature,
	SystemMessage,
	ToolCall,
	ToolMessage,
} from '../../chat/message.ts'
import { toolCallsOf } from '../../chat/parts.ts'
import type { Rest } from '../../chat/rest.ts'
import { mapInSteps, retained, visitInSteps } from '../../system/resumable.ts'
import { readBlockRest, readRest } from './block-rest.ts'
import { messagesWire } from './formats.ts'
import { type BlockReader, type ContentBody, readCacheMark, readItem } from './message-blocks-reader.ts'
import type { BlockBody, TurnBody } from './message-request-schema.ts'
import { fieldError } from './schema-error.ts'
import { type CallSignature, readCallSignature, readSignature } from './signature-text.ts'

type SystemTurnBody = Extract<TurnBody, { role: 'system' }>
type UserTurnBody = Extract<TurnBody, { role: 'user' }>
type AssistantTurnBody = Extract<TurnBody, { role: 'assistant' }>
type ToolResultBody = Extract<BlockBody, { type: 'tool_result' }>
type AssistantBlock = Exclude<AssistantTurnBody['content'], string>[number]

/** @throws ChatError `invalid-request` for a tool result without a call, and for a call without a result. */
export function readTurns(bodies: readonly TurnBody[], reader: BlockReader): readonly Message[] {
	const { messages, open } = retained(bodies, 'turns', () => ({
		messages: [] as Message[],
		open: new UnansweredCalls(),
	}))
	visitInSteps(bodies, 'turns', (body, index) => {
		if (body.role === 'assistant') open.expectNone()
		const turns = readTurn(body, index, reader)
		for (const turn of turns) {
			if (turn.role === 'tool') open.answer(turn.callId, index)
			if (turn.role === 'user') open.expectNone()
			if (turn.role === 'assistant') open.begin(toolCallsOf(turn.content), index)
		}
		messages.push(...turns)
	})
	open.expectNone()
	return messages
}

function readTurn(body: TurnBody, index: number, reader: BlockReader): readonly Message[] {
	const rest = readRest(body, turnFields)
	switch (body.role) {
		case 'system':
			return [readInstructions(body, rest, reader)]
		case 'assistant':
			return [{ ...readAssistant(body, reader), rest }]
		case 'user':
			return readUser(body, index, rest, reader)
		default:
			return body satisfies never
	}
}

const turnFields: ReadonlySet<string> = new Set(['role', 'content'])

/** Content that is not only text is also in the rest, whole, for upstreams of this wire. */
function readInstructions({ content }: SystemTurnBody, rest: Rest | undefined, reader: BlockReader): SystemMessage {
	if (typeof content === 'string') return { role: 'system', content: reader.texts(content), rest }
	const texts = content.filter((block) => block.type === 'text')
	const message: SystemMessage = { role: 'system', content: reader.texts(texts), rest }
	if (texts.length === content.length) return message
	const blocks = content.map((block) => (block.type === 'other' ? block.item : (block as JsonObject)))
	return { ...message, rest: { wire: messagesWire, fields: { ...rest?.fields, content: blocks } } }
}

function readUser(
	{ content }: UserTurnBody,
	index: number,
	rest: Rest | undefined,
	reader: BlockReader,
): readonly Message[] {
	const path = ['messages', index, 'content']
	if (typeof content === 'string') return [{ role: 'user', content: reader.content(content, path), rest }]
	const { results, others } = retained(content, 'user', () => ({
		results: [] as ToolMessage[],
		others: [] as ContentBody[],
	}))
	visitInSteps(content, 'results', (block, position) => {
		if (block.type === 'tool_result') results.push(readResult(block, [...path, position], reader))
		else others.push(block)
	})
	// The order of results and other content is fixed: results are first.
	if (others.length > 0) return [...results, { role: 'user', content: reader.content(others, path), rest }]
	for (const name in rest?.fields) reader.dropped.add(`messages[${index}].${name}`)
	return results
}

function readResult(block: ToolResultBody, path: readonly PropertyKey[], reader: BlockReader): ToolMessage {
	return {
		role: 'tool',
		callId: block.tool_use_id,
		content: reader.content(block.content ?? [], [...path, 'content']),
		isError: block.is_error === true ? true : undefined,
		...readCacheMark(block.cache_control),
		rest: readBlockRest('tool_result', block),
	}
}

function readAssistant({ content }: AssistantTurnBody, reader: BlockReader): AssistantMessage {
	if (typeof content === 'string') return { role: 'assistant', content: reader.texts(content) }
	const signatures = retained(content, 'signatures', () => new Map<string, Signature>())
	visitInSteps(content, 'signatures', (block) => {
		const found = callSignatureOf(block)
		if (found !== undefined && !signatures.has(found.id)) signatures.set(found.id, found.signature)
	})
	const parts = mapInSteps(content, 'parts', (block) => readPart(block, signatures, reader))
	return { role: 'assistant', content: parts.flat() }
}

function callSignatureOf(block: AssistantBlock): CallSignature | undefined {
	return block.type === 'redacted_thinking' ? readCallSignature(block.data) : undefined
}

function readPart(
	block: AssistantBlock,
	signatures: ReadonlyMap<string, Signature>,
	reader: BlockReader,
): readonly AssistantPart[] {
	switch (block.type) {
		case 'text':
			return [reader.text(block)]
		case 'thinking': {
			const signature = readSignature(block.signature ?? '')
			if (block.thinking === '' && signature === undefined) return []
			return [{ type: 'reasoning', text: block.thinking, signature, rest: readBlockRest('thinking', block) }]
		}
		case 'redacted_thinking': {
			const signature = callSignatureOf(block) === undefined ? readSignature(block.data) : undefined
			if (signature === undefined) return []
			const rest = readBlockRest('redacted_thinking', block)
			return [{ type: 'reasoning', text: '', signature, encrypted: true, rest }]
		}
		case 'tool_use':
			return [readCall(block, signatures)]
		case 'other':
			return [readItem(block)]
		default:
			return block satisfies never
	}
}

function readCall(
	block: Extract<AssistantBlock, { type: 'tool_use' }>,
	signatures: ReadonlyMap<string, Signature>,
): ToolCall {
	const { id, name, input, cache_control } = block
	return {
		type: 'tool-call',
		kind: 'function',
		id,
		name,
		arguments: stringifyJson(input),
		signature: signatures.get(id),
		...readCacheMark(cache_control),
		rest: readBlockRest('tool_use', block),
	}
}

/** Tool calls without a result so far. */
class UnansweredCalls {
	private readonly ids = new Set<string>()
	/** Index of the message with the calls. */
	private message = 0

	begin(calls: readonly ToolCall[], index: number): void {
		this.message = index
		for (const { id } of calls) this.ids.add(id)
	}

	answer(id: string, index: number): void {
		// A first message may contain results for calls in a stored conversation.
		if (this.ids.delete(id) || index === 0) return
		throw fieldError(
			['messages', index],
			`unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id.slice(0, 100)}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
		)
	}

	expectNone(): void {
		if (this.ids.size === 0) return
		const ids = [...this.ids].slice(0, 8).map((id) => id.slice(0, 100))
		throw fieldError(
			['messages', this.message],
			`\`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${ids.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
		)
	}
}
