// What a load process is told to do, and what it tells at the end.

export interface Load {
	readonly kind: 'closed' | 'open' | 'streams' | 'slow' | 'unruly'
	readonly port: number
	readonly key: string
	/** What is asked for; the model server knows the names. */
	readonly model: string
	readonly connections: number
	readonly seconds: number
	/** A closed loop ends after so many, if that is sooner. */
	readonly requests?: number
	/** Of an open loop, in requests a second. */
	readonly rate?: number
}

export interface LoadResult {
	readonly answers?: number
	/** Answers of another status than 200, and connections that broke. */
	readonly failures?: number
	/** Answers or events. */
	readonly perSecond?: number
	readonly p50Ms?: number
	readonly p99Ms?: number
	/** Streams that were open to the end. */
	readonly open?: number
	readonly events?: number
	/** Clients that hung up. */
	readonly left?: number
	/** Clients that were cut off. */
	readonly gone?: number
	/** What slow clients got once they read. */
	readonly bytesLate?: number
}
