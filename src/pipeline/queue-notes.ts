// Comments of a stream that has not begun, which say how many requests are ahead of its call in a queue:
//
//   : x-dragoman-queue: 3
//
// and `none` when a call that waited has an upstream. Clients that read server-sent events ignore comments. It does not
// know what the call waits for.

import type { TurnId } from '../conversations/turn-id.ts'
import type { ChunkSource } from '../http/event-stream.ts'
import type { Recalled } from './recall.ts'
import type { Serving } from './serving.ts'
import type { WaitingCalls } from './waiting-calls.ts'

/** The same chunks, with notes before the first one, if the dialect's clients get comments. */
export function withQueueNotes(
	chunks: ChunkSource,
	call: TurnId,
	{ dialect }: Recalled['target'],
	{ waitingCalls, quietTimeout }: Pick<Serving, 'waitingCalls' | 'quietTimeout'>,
): ChunkSource {
	const getsComments = dialect.heartbeat === undefined && quietTimeout !== undefined
	return getsComments ? new QueueNotes(chunks, call, waitingCalls) : chunks
}

class QueueNotes implements ChunkSource {
	private readonly chunks: ChunkSource
	private readonly stopFollowing: () => void
	/** The first chunk of `chunks`, while notes are returned instead. */
	private coming: Promise<string | undefined> | undefined
	/** Whether the first chunk has arrived: it may do so between two calls of `next`. */
	private hasBegun = false
	private isFirstReturned = false
	private position: number | undefined
	/** The position of the last note; undefined before the first one, and after a note that there is none. */
	private noted: number | undefined
	private wake: (() => void) | undefined

	constructor(chunks: ChunkSource, call: TurnId, calls: WaitingCalls) {
		this.chunks = chunks
		this.stopFollowing = calls.follow(call, { read: (position) => this.read(position) })
	}

	get cut(): boolean {
		return this.chunks.cut === true
	}

	async next(): Promise<string | undefined> {
		if (this.isFirstReturned) return this.chunks.next()
		this.coming ??= this.begin()
		while (!this.hasBegun) {
			const note = this.takeNote()
			if (note !== undefined) return note
			const changed = new Promise<void>((resolve) => {
				this.wake = resolve
			})
			await Promise.race([this.coming, changed])
		}
		this.isFirstReturned = true
		return this.coming
	}

	cancel(): void {
		this.stopFollowing()
		this.chunks.cancel()
	}

	interrupt(): string {
		this.stopFollowing()
		return this.chunks.interrupt()
	}

	/** Reads the first chunk that has text. */
	private async begin(): Promise<string | undefined> {
		let text = await this.chunks.next()
		while (text === '') text = await this.chunks.next()
		this.hasBegun = true
		this.stopFollowing()
		return text
	}

	private read(position: number | undefined): void {
		if (position === this.position) return
		this.position = position
		this.wake?.()
	}

	private takeNote(): string | undefined {
		if (this.position === this.noted) return undefined
		this.noted = this.position
		return `: x-dragoman-queue: ${this.position ?? 'none'}\n\n`
	}
}
