// The messages of a conversation. Plain data.

import type { JsonObject } from './json.ts'
import type { Rest } from './rest.ts'

export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage

/** Instructions. `developer` is distinct from `system` because some models rank them differently. */
export interface SystemMessage {
	readonly role: 'system' | 'developer'
	readonly content: readonly TextPart[]
	readonly name?: string | undefined
	readonly rest?: Rest | undefined
}

export interface UserMessage {
	readonly role: 'user'
	readonly content: readonly UserPart[]
	readonly name?: string | undefined
	readonly rest?: Rest | undefined
}

export interface AssistantMessage {
	readonly role: 'assistant'
	/** In the order in which the model produced them: signatures of reasoning are only valid in their position. */
	readonly content: readonly AssistantPart[]
	readonly name?: string | undefined
	readonly rest?: Rest | undefined
}

/** The result of one tool call. */
export interface ToolMessage {
	readonly role: 'tool'
	readonly callId: string
	readonly content: readonly ToolPart[]
	/** The tool failed; `content` describes the error. */
	readonly isError?: true | undefined
	/**
	 * The wire whose client sent content other than text, if not every upstream of that wire accepts it. It goes back to
	 * the wire in the same position.
	 */
	readonly contentWire?: string | undefined
	readonly cacheMark?: CacheMark | undefined
	readonly rest?: Rest | undefined
}

export type UserPart = TextPart | ImagePart | AudioPart | FilePart | ProviderItem

export type ToolPart = TextPart | ImagePart | FilePart | ProviderItem

export type AssistantPart = TextPart | ReasoningPart | ToolCall | RefusalPart | ImagePart | AudioPart | ProviderItem

export type Part = UserPart | AssistantPart

export interface TextPart {
	readonly type: 'text'
	readonly text: string
	readonly cacheMark?: CacheMark | undefined
	readonly rest?: Rest | undefined
}

/** What the model thought before the parts that follow. */
export interface ReasoningPart {
	readonly type: 'reasoning'
	/** Empty if only the model can read it. */
	readonly text: string
	/** Without it, the model that wrote the reasoning rejects it. */
	readonly signature?: Signature | undefined
	/** The signature contains the reasoning in encrypted form. */
	readonly encrypted?: true | undefined
	readonly rest?: Rest | undefined
}

/** A call that the model requests. */
export interface ToolCall {
	readonly type: 'tool-call'
	readonly kind: ToolKind
	readonly id: string
	readonly name: string
	/** JSON text for a function, free text for a custom tool; exactly as the model wrote it. */
	readonly arguments: string
	readonly signature?: Signature | undefined
	readonly cacheMark?: CacheMark | undefined
	readonly rest?: Rest | undefined
}

export type ToolKind = 'function' | 'custom'

export interface RefusalPart {
	readonly type: 'refusal'
	readonly text: string
	readonly rest?: Rest | undefined
}

/** An image by `http(s):` or `data:` URL. */
export interface ImagePart {
	readonly type: 'image'
	readonly url: string
	/** `auto`, `low`, `high`, or a value that only the upstream knows. */
	readonly detail?: string | undefined
	readonly cacheMark?: CacheMark | undefined
	readonly rest?: Rest | undefined
}

/** Audio, base64. `format` is the name of the container, such as `wav`. */
export interface AudioPart {
	readonly type: 'audio'
	readonly data: string
	readonly format: string
	readonly rest?: Rest | undefined
}

/** A file: by id, by `http(s):` URL, or inline as a base64 `data:` URL. */
export interface FilePart {
	readonly type: 'file'
	readonly id?: string | undefined
	readonly name?: string | undefined
	readonly data?: string | undefined
	readonly url?: string | undefined
	readonly cacheMark?: CacheMark | undefined
	readonly rest?: Rest | undefined
}

/**
 * A part that exists in one wire only, such as the result of a tool that the provider runs. It goes back to that wire in
 * the same position, unchanged.
 */
export interface ProviderItem {
	readonly type: 'provider-item'
	readonly wire: string
	readonly item: JsonObject
	/**
	 * What other wires receive instead, such as the text of a document. If absent, an item of the assistant is left out
	 * for them, and a request with any other one is refused.
	 */
	readonly substitute?: Substitute | undefined
}

export interface Substitute {
	readonly parts: readonly (TextPart | ImagePart)[]
	/** Paths of fields of the item that the parts do not express. */
	readonly lost?: readonly string[] | undefined
}

/** An opaque value by which a model recognizes its own reasoning. It is only sent to the upstream that made it. */
export interface Signature {
	/** The wire whose upstreams understand it. */
	readonly wire: string
	readonly value: string
	/**
	 * The upstream service and model that it belongs to, as one opaque text. Absent if a client carried it and its origin
	 * is unknown; any upstream of the wire then gets it.
	 */
	readonly origin?: string | undefined
}

/**
 * Marks the end of a prompt prefix to store in the upstream's cache. A mark with a time to live and nothing else is
 * that time.
 */
export type CacheMark = CacheTtl | CacheMarkFields

export interface CacheMarkFields {
	/** The upstream's default if absent. */
	readonly ttl?: CacheTtl | undefined
	/** Who may share the cached prefix, by the upstream's name. */
	readonly scope?: string | undefined
	/** The wire that the client set the mark in, if that is not Anthropic's. */
	readonly wire?: string | undefined
	/**
	 * What the client set it on, if not on the part: the whole message, of which the part is the last, or the tool's
	 * function.
	 */
	readonly level?: 'message' | 'function' | undefined
}

export type CacheTtl = '5m' | '1h'
