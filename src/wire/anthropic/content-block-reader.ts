// Reads the content blocks of a stream into the parts of one choice. Several blocks may be open together: each part gets
// the deltas of its own block. Blocks of types without a canonical form become provider items. It does not know the
// other events of the stream.

import { ChatError } from '../../chat/error.ts'
import type { ChatEvent, StartedPart } from '../../chat/event.ts'
import { isObject, type Json, type JsonObject } from '../../chat/json.ts'
import { stringifyJson } from '../../chat/json-text.ts'
import type { Signature } from '../../chat/message.ts'
import { PartSequencer } from '../../chat/part-sequencer.ts'
import { type Rest, restOf } from '../../chat/rest.ts'
import { readCustomToolText } from '../json/custom-tool-function.ts'
import { field, textField } from '../json/fields.ts'
import { readBlockRest } from './block-rest.ts'
import { readInput } from './content-block-writer.ts'
import { messagesWire } from './formats.ts'

export interface BlockReading {
	/** Names of tools that take free text. */
	readonly customTools: ReadonlySet<string>
	/** `Signature.origin` of the signatures in the response. */
	readonly origin?: string | undefined
	/** Names the upstream in errors. */
	readonly title: string
}

interface OpenText {
	readonly type: 'text'
	/** Those of the deltas. */
	readonly citations: Json[]
}

interface OpenReasoning {
	readonly type: 'reasoning'
	signature: Signature | undefined
	readonly encrypted?: true | undefined
}

interface OpenToolUse {
	readonly type: 'tool-call'
	readonly isCustom: boolean
	/** The input in the block's start, as JSON. It counts only if no deltas follow: some servers send both. */
	readonly whole: string
	/** The deltas. */
	text: string
}

interface OpenProviderBlock {
	readonly type: 'provider-item'
	item: JsonObject
	/** The deltas of the input. */
	text: string
}

type OpenPartBlock = OpenText | OpenReasoning | OpenToolUse
type OpenBlock = OpenPartBlock | OpenProviderBlock

/** Methods append events to `into`. A block is identified by its index, which is not checked. */
export class ContentBlockReader {
	private readonly reading: BlockReading
	private readonly parts = new PartSequencer<OpenBlock>(0)
	private readonly blocks = new Map<unknown, OpenBlock>()
	/** Number of tool calls so far. */
	calls = 0

	constructor(reading: BlockReading) {
		this.reading = reading
	}

	/** @throws ChatError `upstream-failed` for a tool call without a name or an id. */
	start(index: unknown, block: unknown, into: ChatEvent[]): void {
		if (!isObject(block)) return
		this.stop(index, into)
		switch (block.type) {
			case 'text': {
				const rest = readBlockRest('text', block)
				const text = this.open(index, { type: 'text', citations: [] }, { type: 'text', rest }, into)
				this.addText(text, textField(block, 'text'), into)
				break
			}
			case 'thinking': {
				const rest = readBlockRest('thinking', block)
				const thinking = this.open(index, newReasoning(), { type: 'reasoning', rest }, into)
				this.sign(thinking, textField(block, 'signature'))
				this.addText(thinking, textField(block, 'thinking'), into)
				break
			}
			case 'redacted_thinking':
				this.startRedacted(index, block, into)
				break
			case 'tool_use':
				this.startCall(index, block, into)
				break
			default:
				if (typeof block.type === 'string') this.startItem(index, block as JsonObject)
		}
	}

	delta(index: unknown, delta: unknown, into: ChatEvent[]): void {
		const block = this.blocks.get(index)
		if (block?.type === 'provider-item') addToItem(block, delta)
		else this.addDelta(index, block, delta, into)
	}

	private addDelta(index: unknown, block: OpenPartBlock | undefined, delta: unknown, into: ChatEvent[]): void {
		switch (field(delta, 'type')) {
			case 'text_delta':
				this.addText(this.textBlock(index, into), textField(delta, 'text'), into)
				break
			case 'thinking_delta':
				this.addText(this.reasoningBlock(index, into), textField(delta, 'thinking'), into)
				break
			case 'signature_delta':
				this.sign(this.reasoningBlock(index, into), textField(delta, 'signature'))
				break
			case 'citations_delta':
				this.cite(index, field(delta, 'citation'), into)
				break
			case 'input_json_delta':
				if (block?.type === 'tool-call') this.addInput(block, textField(delta, 'partial_json'), into)
		}
	}

	/** No-op for a block that is not open. */
	stop(index: unknown, into: ChatEvent[]): void {
		const block = this.blocks.get(index)
		if (block === undefined) return
		this.blocks.delete(index)
		switch (block.type) {
			case 'text':
				this.parts.end(block, { rest: citationsRest(block.citations) }, into)
				break
			case 'reasoning':
				this.parts.end(block, { signature: block.signature, encrypted: block.encrypted }, into)
				break
			case 'tool-call': {
				const { isCustom, whole, text } = block
				const json = text === '' ? whole : text
				if (isCustom) this.parts.delta(block, { text: readCustomToolText(json) }, into)
				else if (text === '') this.parts.delta(block, { text: whole }, into)
				this.parts.end(block, {}, into)
				break
			}
			case 'provider-item':
				this.parts.start(block, { type: 'provider-item', wire: messagesWire, item: completeItem(block) }, into)
				this.parts.end(block, {}, into)
				break
			default:
				block satisfies never
		}
	}

	/** Stops the blocks that are still open. */
	stopAll(into: ChatEvent[]): void {
		for (const index of [...this.blocks.keys()]) this.stop(index, into)
	}

	private open<Block extends OpenBlock>(index: unknown, block: Block, part: StartedPart, into: ChatEvent[]): Block {
		this.blocks.set(index, block)
		this.parts.start(block, part, into)
		return block
	}

	private startRedacted(index: unknown, block: object, into: ChatEvent[]): void {
		const data = textField(block, 'data')
		if (data === undefined) return
		const rest = readBlockRest('redacted_thinking', block)
		const signature = this.signature(data)
		this.open(index, { type: 'reasoning', signature, encrypted: true }, { type: 'reasoning', rest }, into)
	}

	private startCall(index: unknown, block: object, into: ChatEvent[]): void {
		const [name, id] = [textField(block, 'name'), textField(block, 'id')]
		if (name === undefined || id === undefined)
			throw new ChatError('upstream-failed', `${this.reading.title} sent a tool call without a name or an id.`, {
				sent: 'yes',
			})
		const isCustom = this.reading.customTools.has(name)
		const input = field(block, 'input')
		const whole = isObject(input) ? stringifyJson(input) : '{}'
		this.calls++
		const kind = isCustom ? 'custom' : 'function'
		const part: StartedPart = { type: 'tool-call', kind, id, name, rest: readBlockRest('tool_use', block) }
		this.open(index, { type: 'tool-call', isCustom, whole, text: '' }, part, into)
	}

	/** The item is known when its block stops. */
	private startItem(index: unknown, item: JsonObject): void {
		const block: OpenProviderBlock = { type: 'provider-item', item, text: '' }
		this.blocks.set(index, block)
		this.parts.reserve(block)
	}

	private addText(block: OpenText | OpenReasoning, text: string | undefined, into: ChatEvent[]): void {
		if (text !== undefined) this.parts.delta(block, { text }, into)
	}

	private addInput(block: OpenToolUse, fragment: string | undefined, into: ChatEvent[]): void {
		// Some servers send an empty object before the arguments.
		if (fragment === undefined || (block.text === '' && fragment.trim() === '{}')) return
		block.text += fragment
		if (!block.isCustom) this.parts.delta(block, { text: fragment }, into)
	}

	private sign(block: OpenReasoning, value: string | undefined): void {
		if (value !== undefined) block.signature = this.signature(value)
	}

	private cite(index: unknown, citation: unknown, into: ChatEvent[]): void {
		if (isObject(citation)) this.textBlock(index, into).citations.push(citation as JsonObject)
	}

	/** The open block of text; a new one if the server did not open it, or opened it as another type. */
	private textBlock(index: unknown, into: ChatEvent[]): OpenText {
		const block = this.blocks.get(index)
		if (block?.type === 'text') return block
		this.stop(index, into)
		return this.open(index, { type: 'text', citations: [] }, { type: 'text' }, into)
	}

	/** The same for thinking. */
	private reasoningBlock(index: unknown, into: ChatEvent[]): OpenReasoning {
		const block = this.blocks.get(index)
		if (block?.type === 'reasoning') return block
		this.stop(index, into)
		return this.open(index, newReasoning(), { type: 'reasoning' }, into)
	}

	private signature(value: string): Signature {
		return { wire: messagesWire, value, origin: this.reading.origin }
	}
}

function newReasoning(): OpenReasoning {
	return { type: 'reasoning', signature: undefined }
}

function citationsRest(citations: readonly Json[]): Rest | undefined {
	return citations.length === 0 ? undefined : restOf(messagesWire, { citations })
}

/** Texts and lists are appended; any other value replaces the earlier one. */
function addToItem(block: OpenProviderBlock, delta: unknown): void {
	if (!isObject(delta)) return
	const { type, ...fields } = delta as JsonObject
	if (type === 'input_json_delta') block.text += textField(delta, 'partial_json') ?? ''
	else
		for (const [name, value] of Object.entries(fields))
			block.item = { ...block.item, [name]: appended(block.item[name], value) }
}

function appended(earlier: Json | undefined, value: Json | undefined): Json | undefined {
	if (typeof earlier === 'string' && typeof value === 'string') return earlier + value
	return Array.isArray(earlier) && Array.isArray(value) ? [...earlier, ...value] : value
}

function completeItem({ item, text }: OpenProviderBlock): JsonObject {
	return text === '' ? item : { ...item, input: readInput(text) }
}
