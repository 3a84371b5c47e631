// Reads the `messages` of a request into canonical messages. A user message with tool results becomes one tool message
// per result, and a user message for the rest of its content.

import { stringifyJson } from '../../chat/json-text.ts'
import type { AssistantMessage, Message, ReasoningBlock, ToolCall, ToolMessage } from '../../chat/message.ts'
import { type BlockReader, type ContentBody, readCacheMark } from './message-blocks-reader.ts'
import type { BlockBody, TurnBody } from './message-request-schema.ts'
import { fieldError } from './schema-error.ts'
import { type CallSignature, readCallSignature, readSignature } from './signature-text.ts'

type UserTurnBody = Extract<TurnBody, { role: 'user' }>
type AssistantTurnBody = Extract<TurnBody, { role: 'assistant' }>
type ToolResultBody = Extract<BlockBody, { type: 'tool_result' }>
type ThinkingBody = Extract<BlockBody, { type: 'thinking' | 'redacted_thinking' }>

/** @throws ChatError `invalid-request` for a tool result without a call, and for a call without a result. */
export function readTurns(bodies: readonly TurnBody[], reader: BlockReader): readonly Message[] {
	const messages: Message[] = []
	const open = new UnansweredCalls()
	for (const [index, body] of bodies.entries()) {
		if (body.role === 'assistant') open.expectNone()
		const turns = readTurn(body, index, reader)
		for (const turn of turns) {
			if (turn.role === 'tool') open.answer(turn.callId, index)
			if (turn.role === 'user') open.expectNone()
			if (turn.role === 'assistant') open.begin(turn.toolCalls, index)
		}
		messages.push(...turns)
	}
	open.expectNone()
	return messages
}

function readTurn(body: TurnBody, index: number, reader: BlockReader): readonly Message[] {
	switch (body.role) {
		case 'system':
			return [{ role: 'system', content: reader.texts(body.content) }]
		case 'assistant':
			return [readAssistant(body, reader)]
		case 'user':
			return readUser(body, index, reader)
	}
}

function readUser({ content }: UserTurnBody, index: number, reader: BlockReader): readonly Message[] {
	const path = ['messages', index, 'content']
	if (typeof content === 'string') return [{ role: 'user', content: reader.content(content, path) }]
	const messages: Message[] = []
	const rest: ContentBody[] = []
	for (const [position, block] of content.entries()) {
		if (block.type === 'tool_result') messages.push(readResult(block, [...path, position], reader))
		else rest.push(block)
	}
	if (rest.length > 0) messages.push({ role: 'user', content: reader.content(rest, path) })
	return messages
}

function readResult(block: ToolResultBody, path: readonly PropertyKey[], reader: BlockReader): ToolMessage {
	return {
		role: 'tool',
		callId: block.tool_use_id,
		content: reader.content(block.content ?? [], [...path, 'content']),
		isError: block.is_error === true ? true : undefined,
		...readCacheMark(block.cache_control),
	}
}

function readAssistant({ content }: AssistantTurnBody, reader: BlockReader): AssistantMessage {
	if (typeof content === 'string') return { role: 'assistant', content: reader.texts(content), toolCalls: [] }
	const texts = content.flatMap((block) => (block.type === 'text' ? [reader.text(block)] : []))
	const thinking = content.filter((block) => block.type === 'thinking' || block.type === 'redacted_thinking')
	const signatures = thinking.flatMap((block) => callSignatureOf(block) ?? [])
	const thoughts = thinking.flatMap((block) => readReasoningBlock(block) ?? [])
	const reasoning = thoughts.map(({ text }) => text).join('')
	return {
		role: 'assistant',
		content: texts,
		reasoning: reasoning === '' ? undefined : reasoning,
		thoughts: thoughts.some(({ proof }) => proof !== undefined) ? thoughts : undefined,
		toolCalls: content.flatMap((block) => (block.type === 'tool_use' ? [readCall(block, signatures)] : [])),
	}
}

function callSignatureOf(block: ThinkingBody): CallSignature | undefined {
	return block.type === 'redacted_thinking' ? readCallSignature(block.data) : undefined
}

function readReasoningBlock(block: ThinkingBody): ReasoningBlock | undefined {
	if (callSignatureOf(block) !== undefined) return undefined
	const proof = readSignature(block.type === 'thinking' ? (block.signature ?? '') : block.data)
	if (block.type === 'thinking') return { text: block.thinking, proof }
	return proof === undefined ? undefined : { text: '', proof, sealed: true }
}

function readCall(
	{ id, name, input, cache_control }: Extract<BlockBody, { type: 'tool_use' }>,
	signatures: readonly CallSignature[],
): ToolCall {
	const proof = signatures.find((one) => one.id === id)?.proof
	return {
		type: 'function',
		id,
		name,
		arguments: stringifyJson(input),
		proof,
		...readCacheMark(cache_control),
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
