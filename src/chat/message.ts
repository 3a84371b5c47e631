// The messages of a conversation. Plain data.

export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage

/** Instructions. `developer` is distinct from `system` because some models rank them differently. */
export interface SystemMessage {
	readonly role: 'system' | 'developer'
	readonly content: readonly TextPart[]
	readonly name?: string
}

export interface UserMessage {
	readonly role: 'user'
	readonly content: readonly UserPart[]
	readonly name?: string
}

export interface AssistantMessage {
	readonly role: 'assistant'
	readonly content: readonly (TextPart | RefusalPart)[]
	/** The model's reasoning, for upstreams that require it back. */
	readonly reasoning?: string
	/** The same reasoning as separate blocks, if the model attached a signature. Without the signature, that model rejects its own reasoning. */
	readonly thoughts?: readonly ReasoningBlock[]
	readonly toolCalls: readonly ToolCall[]
	readonly name?: string
}

/** The result of one tool call. */
export interface ToolMessage {
	readonly role: 'tool'
	readonly callId: string
	readonly content: readonly (TextPart | ImagePart | FilePart)[]
	/** The tool failed; `content` describes the error. */
	readonly isError?: true
	readonly cacheMark?: CacheMark
}

/** A reasoning block, with the signature that its model requires when the conversation continues. */
export interface ReasoningBlock {
	/** Empty if only the model can read it. */
	readonly text: string
	readonly proof?: ReasoningSignature
	/** The signature contains the reasoning in encrypted form. */
	readonly sealed?: true
}

/** An opaque signature that only upstreams of one wire understand. It is never sent to others. */
export interface ReasoningSignature {
	readonly wire: string
	readonly value: string
}

/** Marks the end of a prompt prefix to store in the upstream's cache. A mark with a time to live and nothing else is that time. */
export type CacheMark = CacheTtl | CacheMarkFields

export interface CacheMarkFields {
	/** The upstream's default if absent. */
	readonly ttl?: CacheTtl
	/** Who may share the cached prefix, by the upstream's name. */
	readonly scope?: string
}

export type CacheTtl = '5m' | '1h'

export type UserPart = TextPart | ImagePart | AudioPart | FilePart

export interface TextPart {
	readonly type: 'text'
	readonly text: string
	readonly cacheMark?: CacheMark
}

export interface RefusalPart {
	readonly type: 'refusal'
	readonly text: string
}

/** An image by `http(s):` or `data:` URL. */
export interface ImagePart {
	readonly type: 'image'
	readonly url: string
	readonly detail?: 'auto' | 'low' | 'high'
	readonly cacheMark?: CacheMark
}

/** Audio, base64. `format` is the name of the container, such as `wav`. */
export interface AudioPart {
	readonly type: 'audio'
	readonly data: string
	readonly format: string
}

/** A file: by id, by `http(s):` URL, or inline as a base64 `data:` URL. */
export interface FilePart {
	readonly type: 'file'
	readonly id?: string
	readonly name?: string
	readonly data?: string
	readonly url?: string
	readonly cacheMark?: CacheMark
}

/** A call that the model requests. `arguments` is JSON text for a function, free text for a custom tool. */
export interface ToolCall {
	readonly type: 'function' | 'custom'
	readonly id: string
	readonly name: string
	readonly arguments: string
	readonly proof?: ReasoningSignature
	readonly cacheMark?: CacheMark
}

/** The text parts of a message, concatenated; images, audio, files and refusals are omitted. */
export function textOf(message: Message): string {
	let text = ''
	for (const part of message.content) if (part.type === 'text') text += part.text
	return text
}
