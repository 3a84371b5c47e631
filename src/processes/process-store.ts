// Storage of the processes that run turns, for all gateways on one database. Every implementation runs
// process-store.contract.ts. It does not know when a process counts as dead: heartbeat.ts does.

export interface ProcessStore {
	/**
	 * Records a beat of this process, and registers it first if it has no row. Times are those of the database's clock.
	 *
	 * @returns the generation of its row.
	 */
	beat(process: OwnProcess): Promise<number>
	/** All processes with a row, and those that have running turns but no row. */
	list(): Promise<readonly KnownProcess[]>
	/**
	 * Removes a dead process and ends its running turns as `interrupted`, in one transaction; does nothing if it has
	 * beaten since it was read. Of several concurrent calls, one ends each turn.
	 *
	 * @returns the number of turns that it ended; undefined if it did nothing.
	 */
	end(process: KnownProcess, nowMs: number): Promise<number | undefined>
	/** Removes a process that stops, unless it has running turns: then it remains, and counts as dead later. */
	leave(id: string): Promise<void>
}

export interface OwnProcess {
	readonly id: string
	readonly host: string
	/** The generation of a row that has to be inserted: higher than that of a row that others removed. */
	readonly generation: number
}

export interface KnownProcess {
	readonly id: string
	/** For messages; empty if it has no row. */
	readonly host: string
	/** Differs after each beat; 0 if it has no row. */
	readonly beats: number
}
