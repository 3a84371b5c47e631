// Converts the content of a provider's stream to the parts of a choice. Blocks and calls of a provider may be
// interleaved; parts are not. It does not know the start and the end of a response.

import type { ChatEvent, StartedPart } from '../../chat/event.ts'
import { isObject, type Json } from '../../chat/json.ts'
import { stringifyJson } from '../../chat/json-text.ts'
import { PartSequencer } from '../../chat/part-sequencer.ts'
import { CallIds } from '../../wire/json/call-ids.ts'
import { asText, field, textField } from '../../wire/json/fields.ts'
import { callsTooLarge, maxArgumentsLength, maxCalls, unnamedCall } from '../../wire/json/tool-call-limits.ts'
import { readFilePart, readProviderTool } from './provider-part.ts'
import { aiSdkWire, mergeMetadata, type ProviderMetadata, writeMetadata, writeSignature } from './signature.ts'

export interface ContentReading {
	/**
	 * The request disables parallel tool calls. The specification has no such option, so calls after the first are
	 * discarded.
	 */
	readonly oneCall: boolean
	readonly newCallId: () => string
	/** `Signature.origin` of the signatures. */
	readonly origin?: string | undefined
}

/** A block of text or reasoning, or a call, that has not ended. */
interface BlockState {
	readonly type: 'text' | 'reasoning' | 'tool-call'
	readonly id: string
	/** Received so far. */
	text: string
	metadata: ProviderMetadata
	started: boolean
	/** Of a call. */
	name: string | undefined
	readonly isDiscarded: boolean
}

/** Methods append events to `into`. */
export class ContentReader {
	private readonly reading: ContentReading
	private readonly parts = new PartSequencer<object>(0)
	private open: readonly BlockState[] = []
	private readonly callIds: CallIds
	/** Of the calls of tools that the provider runs. */
	private readonly providerCalls = new Set<string>()
	private readonly sources: Json[] = []
	private calls = 0

	constructor(reading: ContentReading) {
		this.reading = reading
		this.callIds = new CallIds(reading.newCallId)
	}

	get callCount(): number {
		return this.calls
	}

	/**
	 * Reads one part of the stream. No-op for parts without content.
	 *
	 * @throws ChatError `upstream-failed` if a call has no name, or the calls exceed a limit.
	 */
	read(part: unknown, into: ChatEvent[]): void {
		const { origin } = this.reading
		const isProviders = field(part, 'providerExecuted') === true || this.providerCalls.has(textField(part, 'id') ?? '')
		const type = field(part, 'type')
		switch (type) {
			case 'text-start':
			case 'text-delta':
				this.readBlock('text', part, into)
				break
			case 'text-end':
				this.readEnd('text', part, into)
				break
			case 'reasoning-start':
			case 'reasoning-delta':
				this.readBlock('reasoning', part, into)
				break
			case 'reasoning-end':
				this.readEnd('reasoning', part, into)
				break
			case 'tool-input-start':
			case 'tool-input-delta':
				// The complete call follows.
				if (isProviders) this.providerCalls.add(textField(part, 'id') ?? '')
				else this.readCall(part, into)
				break
			case 'tool-call':
				if (isProviders) this.add(readProviderTool(part, origin), into)
				else this.readCall(part, into)
				break
			case 'tool-result':
				this.add(readProviderTool(part, origin), into)
				break
			case 'file':
			case 'reasoning-file':
				this.add(readFilePart(part, origin), into)
				break
			case 'source':
				this.sources.push(part as Json)
		}
	}

	/** Ends all parts. @throws ChatError `upstream-failed` for a call without a name. */
	end(into: ChatEvent[]): void {
		for (const open of this.open) this.endPart(open, into)
		this.parts.endAll(into)
		const { sources } = this
		if (sources.length > 0) into.push({ type: 'rest', choice: 0, rest: { wire: aiSdkWire, fields: { sources } } })
	}

	private readBlock(type: 'text' | 'reasoning', part: unknown, into: ChatEvent[]): void {
		const open = this.find(type, textField(part, 'id')) ?? this.begin(type, textField(part, 'id'), into)
		open.metadata = mergeMetadata(open.metadata, field(part, 'providerMetadata'))
		const text = textField(part, 'delta')
		if (text === undefined) return
		open.text += text
		this.start(open, { type }, into)
		this.parts.delta(open, { text }, into)
	}

	private readEnd(type: 'text' | 'reasoning', part: unknown, into: ChatEvent[]): void {
		const id = textField(part, 'id')
		const metadata = field(part, 'providerMetadata')
		// Reasoning that ended early gets its metadata in another part.
		const open = this.find(type, id) ?? (isObject(metadata) ? this.begin(type, id, into) : undefined)
		if (open === undefined) return
		open.metadata = mergeMetadata(open.metadata, metadata)
		this.endPart(open, into)
	}

	private readCall(part: unknown, into: ChatEvent[]): void {
		const isWhole = field(part, 'type') === 'tool-call'
		const id = textField(part, isWhole ? 'toolCallId' : 'id')
		const open = this.find('tool-call', id) ?? this.begin('tool-call', id, into)
		open.name ??= textField(part, 'toolName')
		open.metadata = mergeMetadata(open.metadata, field(part, 'providerMetadata'))
		const fragment = isWhole ? remainder(field(part, 'input'), open.text) : (textField(part, 'delta') ?? '')
		if (open.text.length + fragment.length > maxArgumentsLength) throw callsTooLarge()
		this.continueCall(open, fragment, into)
		if (isWhole) this.endPart(open, into)
	}

	private continueCall(open: BlockState, fragment: string, into: ChatEvent[]): void {
		const received = open.started ? fragment : open.text + fragment
		open.text += fragment
		const { name } = open
		if (name === undefined || received === '') return
		this.startCall(open, name, into)
		this.parts.delta(open, { text: received }, into)
	}

	private startCall(open: BlockState, name: string, into: ChatEvent[]): void {
		if (open.started) return
		const signature = writeSignature(open.metadata, this.reading.origin)
		const id = this.callIds.unique(asText(open.id))
		this.start(open, { type: 'tool-call', kind: 'function', id, name, signature }, into)
	}

	private find(type: BlockState['type'], id = ''): BlockState | undefined {
		return this.open.find((open) => open.type === type && open.id === id)
	}

	/**
	 * Takes a position. Texts, and reasoning without metadata, end when a part of another type begins, because many
	 * packages end them with the stream.
	 */
	private begin(type: BlockState['type'], id = '', into: ChatEvent[]): BlockState {
		this.endBlocks(type, into)
		if (type === 'tool-call' && ++this.calls > maxCalls) throw callsTooLarge()
		const isDiscarded = type === 'tool-call' && this.reading.oneCall && this.calls > 1
		const open = { type, id, text: '', metadata: {}, started: false, name: undefined, isDiscarded }
		this.open = [...this.open, open]
		if (type !== 'text' && !isDiscarded) this.parts.reserve(open)
		return open
	}

	private endBlocks(type: StartedPart['type'], into: ChatEvent[]): void {
		for (const open of this.open) {
			if (open.type === type || open.type === 'tool-call') continue
			const ends = open.type === 'text' ? open.started : Object.keys(open.metadata).length === 0
			if (ends) this.endPart(open, into)
		}
	}

	private start(open: BlockState, part: StartedPart, into: ChatEvent[]): void {
		if (open.started || open.isDiscarded) return
		open.started = true
		this.parts.start(open, part, into)
	}

	private endPart(open: BlockState, into: ChatEvent[]): void {
		const { metadata, text, name } = open
		const { origin } = this.reading
		this.open = this.open.filter((one) => one !== open)
		switch (open.type) {
			case 'text': {
				const rest = writeMetadata(metadata, origin)
				if (rest !== undefined) this.start(open, { type: 'text' }, into)
				this.parts.end(open, { rest }, into)
				break
			}
			case 'reasoning': {
				const signature = writeSignature(metadata, origin)
				this.start(open, { type: 'reasoning' }, into)
				this.parts.end(open, { signature, encrypted: (signature !== undefined && text === '') || undefined }, into)
				break
			}
			case 'tool-call':
				if (name === undefined) throw unnamedCall()
				if (text.trim() === '') this.continueCall(open, '{}', into)
				this.parts.end(open, { signature: writeSignature(metadata, origin) }, into)
				break
			default:
				open.type satisfies never
		}
	}

	/** A part that arrives in one piece. */
	private add(part: StartedPart | undefined, into: ChatEvent[]): void {
		if (part === undefined) return
		this.endBlocks(part.type, into)
		const key: object = part
		this.parts.start(key, part, into)
		this.parts.end(key, {}, into)
	}
}

/** The rest of the complete input after the received fragments. */
function remainder(input: unknown, received: string): string {
	const argumentsText = typeof input === 'string' ? input : isObject(input) ? stringifyJson(input) : ''
	return argumentsText.startsWith(received) ? argumentsText.slice(received.length) : ''
}
