// Streams that go on without their client: what is sent is written down as it is made, so that it can be read again from anywhere in it,
// by whoever it belongs to, until it is forgotten. It does not know what the text means, only where its events end.

import type { Pieces } from '../http/event-stream.ts'
import type { Scope } from '../keys/scope.ts'

export interface KeptStreams {
	/** @throws ChatError `overloaded` where too much is kept already. */
	open(opening: StreamOpening): KeptStream
	/**
	 * The events behind the first `after`, those that are still to come included. Undefined where the stream is not there, or somebody
	 * else's.
	 */
	read(scope: Scope, id: string, after: number): Promise<Pieces | undefined>
	/** Ends a stream, whichever process it runs in. @returns whether there is one that runs. */
	cancel(scope: Scope, id: string): Promise<boolean>
	/** Resolves when the stream has ended. */
	ended(scope: Scope, id: string): Promise<void>
	/** Streams that the dead process `process` left behind end with what was said of that when they were opened. */
	interrupt(process: string): Promise<void>
	/** Forgets everything of a scope, or one stream of it. */
	remove(scope: Scope, id?: string): Promise<void>
	/** Ends every stream of this process, with `reason`. */
	close(reason: Error): void
}

export interface StreamOpening {
	readonly scope: Scope
	/** Unguessable; a file is named after it. */
	readonly id: string
	/** The last event where this process dies. */
	readonly interruption: string
}

/** A stream as its source sees it. */
export interface KeptStream {
	/** Aborted when nobody wants more of it; its reason is a ChatError that says why. */
	readonly signal: AbortSignal
	/**
	 * @param text whole events.
	 * @throws ChatError `overloaded` where the stream is longer than one may be.
	 */
	append(text: string): void
	/** Nothing more will come. `lastWords` are taken whatever the stream's length. */
	end(lastWords?: string): void
}
