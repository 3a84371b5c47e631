// The chunks of an answer that no upstream writes, which report when their reader is done.

import type { ChunkSource } from '../http/event-stream.ts'

/** Reports whether its reader disconnected. */
export class WatchedChunks implements ChunkSource {
	private readonly chunks: ChunkSource
	private readonly ended: (disconnected: boolean) => void
	private over = false

	constructor(chunks: ChunkSource, ended: (disconnected: boolean) => void) {
		this.chunks = chunks
		this.ended = ended
	}

	get cut(): boolean {
		return this.chunks.cut === true
	}

	async next(): Promise<string | undefined> {
		const text = await this.chunks.next()
		if (text === undefined) this.end(false)
		return text
	}

	cancel(): void {
		this.chunks.cancel()
		this.end(true)
	}

	interrupt(): string {
		const text = this.chunks.interrupt()
		this.end(false)
		return text
	}

	private end(disconnected: boolean): void {
		if (this.over) return
		this.over = true
		this.ended(disconnected)
	}
}
