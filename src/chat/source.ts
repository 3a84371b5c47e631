// The text that events were read from. A writer of the same format may repeat it instead of writing the events anew.

export interface Source {
	/** Wire and kind of message, as `openai chat chunk`; compared, never taken apart. */
	readonly format: string
	readonly text: string
	/** `text`, parsed. */
	readonly value: unknown
}
