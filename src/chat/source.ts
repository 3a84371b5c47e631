// The text that events were read from. A writer of the same format may forward it instead of serializing the events.

export interface Source {
	/** Wire and kind of message, such as `openai chat chunk`; compared, never parsed. */
	readonly format: string
	readonly text: string
	/** `text`, parsed: JSON, or the value that the reader of the format built from it. */
	readonly value: unknown
}
