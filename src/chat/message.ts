// The turns of a conversation. Plain data.

export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage

/** Instructions. `developer` is kept apart from `system`, since some models rank them differently. */
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
	/** The model's thinking, where an upstream wants it back. */
	readonly reasoning?: string
	/** The same in pieces, where its model gave proof of them: without it, that model refuses its own thinking. */
	readonly thoughts?: readonly Thought[]
	readonly toolCalls: readonly ToolCall[]
	readonly name?: string
}

/** The result of one tool call. */
export interface ToolMessage {
	readonly role: 'tool'
	readonly callId: string
	readonly content: readonly (TextPart | ImagePart | FilePart)[]
	/** The tool failed, and `content` says how. */
	readonly isError?: true
	readonly cacheMark?: CacheLife
}

/** A piece of thinking, and what its model wants to see with it when the conversation goes on. */
export interface Thought {
	/** Empty where only its model can read it. */
	readonly text: string
	readonly proof?: Proof
	/** The proof holds the thinking itself, unreadable for anyone else. */
	readonly sealed?: true
}

/** An opaque text that means something to the upstreams of one wire, and is kept from all others. */
export interface Proof {
	readonly wire: string
	readonly value: string
}

/** The prompt as far as this is worth keeping in the upstream's cache, for so long. */
export type CacheLife = '5m' | '1h'

export type UserPart = TextPart | ImagePart | AudioPart | FilePart

export interface TextPart {
	readonly type: 'text'
	readonly text: string
	readonly cacheMark?: CacheLife
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
	readonly cacheMark?: CacheLife
}

/** Sound, base64. `format` is the container's name, as `wav`. */
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
	readonly cacheMark?: CacheLife
}

/** What the model wants called. `arguments` is JSON text for a function, free text for a custom tool. */
export interface ToolCall {
	readonly type: 'function' | 'custom'
	readonly id: string
	readonly name: string
	readonly arguments: string
	readonly proof?: Proof
	readonly cacheMark?: CacheLife
}

/** The text of a message, its parts joined; images, sounds, files and refusals are left out. */
export function textOf(message: Message): string {
	let text = ''
	for (const part of message.content) if (part.type === 'text') text += part.text
	return text
}
