// Streams that continue without their client: the text is stored as it is produced, so that its owner can read it from
// any event until it expires. The store does not interpret the text; it only detects where events end.

import type { ChunkSource } from '../http/event-stream.ts'
import type { Scope } from '../keys/scope.ts'

export interface StoredStreams {
	/** @throws ChatError `overloaded` if the storage is full. */
	open(options: StreamOptions): StoredStream
	/**
	 * The events after the first `after`, including future ones. Undefined if the stream does not exist or belongs to
	 * another caller.
	 */
	read(scope: Scope, id: string, after: number): Promise<ChunkSource | undefined>
	/** Cancels a stream in any process. @returns whether it was running. */
	cancel(scope: Scope, id: string): Promise<boolean>
	/** Resolves when the stream has ended, or after `withinMs` milliseconds. */
	ended(scope: Scope, id: string, withinMs: number): Promise<void>
	/** Ends the streams of the crashed process `process` with their `interruption`. */
	interrupt(process: string): Promise<void>
	/** Deletes all streams of a scope, or one of them. */
	remove(scope: Scope, id?: string): Promise<void>
	/** Ends every stream of this process, with `reason`. */
	close(reason: Error): void
}

export interface StreamOptions {
	readonly scope: Scope
	/** Unguessable; a file is named after it. */
	readonly id: string
	/** The last event if this process crashes. */
	readonly interruption: string
}

/** The writer's side of a stream. */
export interface StoredStream {
	/** Aborted when the stream is cancelled; its reason is a ChatError. */
	readonly signal: AbortSignal
	/**
	 * @param text whole events.
	 * @throws ChatError `overloaded` if the stream exceeds its maximum size.
	 */
	append(text: string): void
	/** Ends the stream. `lastEvent` is written even if the stream is at its maximum size. */
	end(lastEvent?: string): void
}
