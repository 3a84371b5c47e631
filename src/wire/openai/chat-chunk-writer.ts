// Writes an answer as the server-sent events of Chat Completions. The text that is the same in every chunk is built
// once. Sources: OpenAI's OpenAPI description; observed failures of SDKs.

import type { ChatError } from '../../chat/error.ts'
import type {
	ChatEvent,
	ChoiceFinishEvent,
	FinishEvent,
	PartDeltaEvent,
	PartEndEvent,
	PartStartEvent,
	StartEvent,
	StartedPart,
	StartedToolCall,
} from '../../chat/event.ts'
import { stringifyJson } from '../../chat/json-text.ts'
import type { ToolKind } from '../../chat/message.ts'
import type { Rest } from '../../chat/rest.ts'
import type { Source } from '../../chat/source.ts'
import type { Usage } from '../../chat/usage.ts'
import { defaultNames, writeAnswerImage, writeTextPart } from './answer-content.ts'
import { ChatChunk, parseChatChunk } from './chat-chunk.ts'
import { ChatRelay, isCanonical, isOwnRest } from './chat-relay.ts'
import { overlayChunks } from './chunk-overlay.ts'
import {
	type CompletionIdentity,
	type CompletionShape,
	writeAudio,
	writeCallFields,
	writeFinishReason,
} from './completion-writer.ts'
import { writeError } from './error-writer.ts'
import { chatFormats, openaiWire } from './formats.ts'
import { writeLogprobs } from './logprobs-writer.ts'
import { isOwn } from './nested-rest.ts'
import { writeUsage } from './usage-writer.ts'

export interface ChunkShape extends CompletionShape {
	readonly includeUsage: boolean
	/** The first chunk has the usage that is known by then. */
	readonly startUsage?: boolean | undefined
}

interface WrittenCall {
	readonly index: number
	readonly kind: ToolKind
}

const firstCall: WrittenCall = { index: 0, kind: 'function' }

/** Writes one answer. Pass it the events in order. */
export class ChatChunkWriter {
	private readonly identity: CompletionIdentity
	private readonly shape: ChunkShape
	private readonly introduced = new Set<number>()
	/** The last call of each choice. */
	private readonly calls = new Map<number, WrittenCall>()
	/** The type of the last part of each choice. */
	private readonly openParts = new Map<number, StartedPart['type']>()
	private readonly relay: ChatRelay
	private names = defaultNames
	private model: string
	private fingerprint: string | undefined
	private prefix: string
	private readonly suffix: string

	constructor(identity: CompletionIdentity, shape: ChunkShape) {
		this.identity = identity
		this.shape = shape
		this.relay = new ChatRelay(shape.includeUsage)
		this.model = identity.model
		this.prefix = writePrefix(identity, identity.model, undefined)
		this.suffix = shape.includeUsage ? ',"usage":null}\n\n' : '}\n\n'
	}

	/** The server-sent events for `event`: none, one or several, each terminated by an empty line. */
	write(event: ChatEvent): string {
		switch (event.type) {
			case 'start':
				this.begin(event)
				return this.introduce(0, event.usage)
			case 'part-start':
				return this.introduce(event.choice) + this.partStart(event)
			case 'part-delta':
				return this.partDelta(event)
			case 'part-end':
				return this.partEnd(event)
			case 'rest':
				return this.introduce(event.choice) + this.rest(event.choice, event.rest)
			case 'choice-finish':
				return this.introduce(event.choice) + this.chunk(event.choice, '{}', 'null', this.ending(event))
			case 'finish':
				return `${this.usage(event)}data: [DONE]\n\n`
			case 'error':
				return writeErrorEvent(event.error)
			default:
				return event satisfies never
		}
	}

	/**
	 * The server-sent events for the events read from `source`: the source itself if it is a chunk of this format and
	 * needs no changes. What is written anew has the unknown fields of the source.
	 */
	repeat(source: Source, events: readonly ChatEvent[]): string {
		const chunk = chunkOf(source)
		if (chunk === undefined) return events.map((event) => this.write(event)).join('')
		const start = events[0]
		if (start?.type === 'start') this.begin(start)
		const finishReason = ({ reason }: ChoiceFinishEvent) => writeFinishReason(reason, this.shape)
		if (isCanonical(chunk, events, this.introduced, finishReason)) {
			const { id, created } = this.identity
			const identity = { id, created, model: this.model, fingerprint: this.fingerprint }
			const repeated = this.relay.repeat(source.text, chunk, identity)
			if (repeated !== undefined) {
				if (chunk.choices?.[0]?.reasoning !== undefined) this.learnNames(chunk)
				if (start?.type === 'start') this.introduced.add(0)
				for (const event of events) if (event.type === 'part-start') this.openParts.set(event.choice, event.part.type)
				return repeated
			}
		}
		this.learnNames(chunk)
		const written = events
			.map((event) => (isOwnRest(event) ? this.introduce(event.choice) : this.write(event)))
			.join('')
		return overlayChunks(written, chunk, (choice) => this.emptyChunk(choice))
	}

	private learnNames({ choices = [] }: ChatChunk): void {
		for (const choice of choices) this.names = choice.names(this.names)
	}

	private emptyChunk(choice: number): string | undefined {
		return this.introduced.has(choice) ? this.delta(choice, '{}') : undefined
	}

	private begin(event: StartEvent): void {
		this.model = event.model ?? this.identity.model
		this.fingerprint = event.fingerprint
		this.prefix = writePrefix(this.identity, this.model, this.fingerprint)
	}

	/** The first chunk of a choice has the role and empty text: clients read both without checking. */
	private introduce(choice: number, usage?: Usage): string {
		if (this.introduced.has(choice)) return ''
		this.introduced.add(choice)
		const chunk = this.delta(choice, '{"role":"assistant","content":"","refusal":null}')
		if (usage === undefined || this.shape.startUsage !== true) return chunk
		return `${chunk.slice(0, -this.suffix.length)},"usage":${stringifyJson(writeUsage(usage))}}\n\n`
	}

	private partStart({ choice, part }: PartStartEvent): string {
		this.openParts.set(choice, part.type)
		switch (part.type) {
			case 'tool-call':
				return this.toolCall(choice, part)
			case 'image': {
				const images = [writeAnswerImage(part)]
				return this.delta(choice, stringifyJson(this.names.images === 'images' ? { images } : { content: images }))
			}
			case 'audio':
				return this.delta(choice, stringifyJson({ audio: writeAudio(part) }))
			case 'provider-item':
				return part.wire === openaiWire ? this.delta(choice, stringifyJson({ content: [part.item] })) : ''
			case 'text':
			case 'reasoning':
			case 'refusal':
				return ''
			default:
				return part satisfies never
		}
	}

	private partDelta({ choice, part, text, logprobs }: PartDeltaEvent): string {
		switch (part) {
			case 'text': {
				const written = logprobs === undefined ? 'null' : JSON.stringify(writeLogprobs(logprobs))
				return this.chunk(choice, `{"content":${JSON.stringify(text)}}`, written, 'null')
			}
			case 'reasoning': {
				const written = JSON.stringify(text)
				return this.delta(choice, `{${this.names.reasoning.map((name) => `"${name}":${written}`).join(',')}}`)
			}
			case 'refusal':
				return this.delta(choice, `{"refusal":${JSON.stringify(text)}}`)
			case 'tool-call':
				return this.delta(choice, this.toolArguments(choice, text))
			default:
				return part satisfies never
		}
	}

	/** The finish reason, and the stop text under vLLM's name. */
	private ending({ reason, stopText }: ChoiceFinishEvent): string {
		const written = JSON.stringify(writeFinishReason(reason, this.shape))
		return stopText === undefined ? written : `${written},"stop_reason":${JSON.stringify(stopText)}`
	}

	/** What is only known of a part at its end. */
	private partEnd({ choice, signature, rest }: PartEndEvent): string {
		if (signature === undefined && rest === undefined) return ''
		switch (this.openParts.get(choice)) {
			case 'tool-call': {
				const { index } = this.calls.get(choice) ?? firstCall
				const fields = writeCallFields({}, { signature, rest }, this.shape)
				if (this.shape.legacyFunctions || Object.keys(fields).length === 0) return ''
				return this.delta(choice, stringifyJson({ tool_calls: [{ index, ...fields }] }))
			}
			case 'text':
				return isOwn(rest) ? this.delta(choice, stringifyJson({ content: [writeTextPart('', rest)] })) : ''
			default:
				return ''
		}
	}

	private rest(choice: number, rest: Rest): string {
		return isOwn(rest) ? this.delta(choice, stringifyJson(rest.fields)) : ''
	}

	private toolCall(choice: number, started: StartedToolCall): string {
		const { kind, id, name } = started
		const index = (this.calls.get(choice)?.index ?? -1) + 1
		this.calls.set(choice, { index, kind })
		if (this.shape.legacyFunctions)
			return this.delta(choice, JSON.stringify({ function_call: { name, arguments: '' } }))
		const called = kind === 'function' ? { function: { name, arguments: '' } } : { custom: { name, input: '' } }
		const call = writeCallFields({ index, id, type: kind, ...called }, started, this.shape)
		return this.delta(choice, stringifyJson({ tool_calls: [call] }))
	}

	private toolArguments(choice: number, text: string): string {
		if (this.shape.legacyFunctions) return JSON.stringify({ function_call: { arguments: text } })
		const { index, kind } = this.calls.get(choice) ?? firstCall
		const piece = kind === 'custom' ? { custom: { input: text } } : { function: { arguments: text } }
		return JSON.stringify({ tool_calls: [{ index, ...piece }] })
	}

	private usage(event: FinishEvent): string {
		if (!this.shape.includeUsage) return ''
		return `${this.prefix}],"usage":${stringifyJson(writeUsage(event.usage))}}\n\n`
	}

	private delta(choice: number, delta: string): string {
		return this.chunk(choice, delta, 'null', 'null')
	}

	private chunk(choice: number, delta: string, logprobs: string, finishReason: string): string {
		return `${this.prefix}{"index":${choice},"delta":${delta},"logprobs":${logprobs},"finish_reason":${finishReason}}]${this.suffix}`
	}
}

/** The chunk in this format that events were read from. A whole answer is one chunk. */
function chunkOf({ format, value }: Source): ChatChunk | undefined {
	if (value instanceof ChatChunk) return value
	return format === chatFormats.whole ? parseChatChunk(value) : undefined
}

/** An error as the last event of a stream that has already started. */
export function writeErrorEvent(error: ChatError): string {
	return `data: ${JSON.stringify(writeError(error).body)}\n\n`
}

function writePrefix(identity: CompletionIdentity, model: string, fingerprint: string | undefined): string {
	const head = JSON.stringify({
		id: identity.id,
		object: 'chat.completion.chunk',
		created: identity.created,
		model,
		service_tier: 'default',
		system_fingerprint: fingerprint ?? null,
	})
	return `data: ${head.slice(0, -1)},"choices":[`
}
