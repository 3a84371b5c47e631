// The calls that wait in a queue, and the readers of their streams that want to know their positions. It does not know what
// a call waits for.

import type { TurnId } from '../conversations/turn-id.ts'
import type { QueuePosition } from '../system/fair-permits.ts'
import { Sweep, type Timed } from '../system/sweep.ts'

/** Positions are read this often, in milliseconds. */
const everyMs = 1000

/** Follows the position of one call. */
export interface PositionReader {
	/** The position may have changed; undefined if the call does not wait. */
	read(position: number | undefined): void
}

export class WaitingCalls {
	private readonly positions = new Map<TurnId, QueuePosition>()
	private readonly readers = new Map<TurnId, Set<FollowedCall>>()
	private readonly sweep = new Sweep<FollowedCall>(everyMs * 10)

	/** The call waits from now on. Its readers get its position immediately. @returns what ends the wait. */
	begin(call: TurnId, position: QueuePosition): () => void {
		this.positions.set(call, position)
		for (const reader of this.readers.get(call) ?? []) reader.check()
		return () => {
			if (this.positions.get(call) === position) this.positions.delete(call)
		}
	}

	/**
	 * Calls `reader` with the position of a call now, when it begins to wait, and about once a second.
	 *
	 * @returns what ends that.
	 */
	follow(call: TurnId, reader: PositionReader): () => void {
		const followed = new FollowedCall(reader, () => this.positions.get(call)?.())
		const readers = this.readers.get(call) ?? new Set()
		this.readers.set(call, readers.add(followed))
		this.sweep.add(followed)
		followed.check()
		return () => {
			this.sweep.delete(followed)
			readers.delete(followed)
			if (readers.size === 0 && this.readers.get(call) === readers) this.readers.delete(call)
		}
	}

	/** Followed calls. */
	get followed(): number {
		return this.readers.size
	}
}

class FollowedCall implements Timed {
	private readonly reader: PositionReader
	private readonly position: () => number | undefined

	constructor(reader: PositionReader, position: () => number | undefined) {
		this.reader = reader
		this.position = position
	}

	check(): void {
		this.reader.read(this.position())
	}
}
