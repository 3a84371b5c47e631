// The two ends of a WebSocket, between the connection that carries its frames and the code that answers its messages.

/** The client of one WebSocket. */
export interface SocketSender {
	/** Resolves when the client can receive more, or has disconnected. */
	send(text: string): Promise<void>
	/** Keeps the connection alive. No answer is expected: a client that is busy reads it later. */
	ping(): void
	/** Closes the WebSocket. @param code of RFC 6455, section 7.4.1. */
	close(code: number, reason: string): void
}

/** Handles the messages of one WebSocket. */
export interface SocketPeer {
	/** Resolves when the message was answered. */
	message(text: string, client: SocketSender): Promise<void>
	/** Takes memory for a message that arrives, in bytes. @returns false if there is none. */
	reserve(bytes: number): boolean
	/** Returns memory after the message was answered, or did not arrive. */
	release(bytes: number): void
	/** The client disconnected. */
	close(): void
}
