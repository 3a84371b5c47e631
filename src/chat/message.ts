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
	readonly toolCalls: readonly ToolCall[]
	readonly name?: string
}

/** The result of one tool call. */
export interface ToolMessage {
	readonly role: 'tool'
	readonly callId: string
	readonly content: readonly TextPart[]
}

export type UserPart = TextPart | ImagePart | AudioPart | FilePart

export interface TextPart {
	readonly type: 'text'
	readonly text: string
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
}

/** Sound, base64. `format` is the container's name, as `wav`. */
export interface AudioPart {
	readonly type: 'audio'
	readonly data: string
	readonly format: string
}

/** A file, either by id or inline as a base64 `data:` URL. */
export interface FilePart {
	readonly type: 'file'
	readonly id?: string
	readonly name?: string
	readonly data?: string
}

/** What the model wants called. `arguments` is JSON text for a function, free text for a custom tool. */
export interface ToolCall {
	readonly type: 'function' | 'custom'
	readonly id: string
	readonly name: string
	readonly arguments: string
}

/** The text of a message, its parts joined; images, sounds, files and refusals are left out. */
export function textOf(message: Message): string {
	let text = ''
	for (const part of message.content) if (part.type === 'text') text += part.text
	return text
}
