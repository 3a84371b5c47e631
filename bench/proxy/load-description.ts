// The job of a load process, and its result.

export interface Load {
	readonly kind: 'closed' | 'open' | 'streams' | 'slow' | 'unruly'
	readonly port: number
	readonly key: string
	/** The requested model; the model server defines the names. */
	readonly model: string
	readonly connections: number
	readonly seconds: number
	/** A closed loop ends after this many requests, if that is earlier. */
	readonly requests?: number
	/** Of an open loop, in requests per second. */
	readonly rate?: number
}

export interface LoadResult {
	readonly answers?: number
	/** Answers with a status other than 200, and broken connections. */
	readonly failures?: number
	/** Answers or events. */
	readonly perSecond?: number
	readonly p50Ms?: number
	readonly p99Ms?: number
	/** Streams that stayed open until the end. */
	readonly open?: number
	readonly events?: number
	/** Clients that disconnected. */
	readonly left?: number
	/** Clients that were cut off. */
	readonly gone?: number
	/** Bytes that slow clients received once they read. */
	readonly bytesLate?: number
}
