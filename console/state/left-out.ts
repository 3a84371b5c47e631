// What the upstream of an answer did not receive: parts of the request, and the oldest messages of the conversation.

export interface LeftOut {
	/** Parts of the request, as the server names them. */
	readonly dropped: readonly string[]
	/** Number of messages. */
	readonly messages: number
}

export const nothingLeftOut: LeftOut = { dropped: [], messages: 0 }
