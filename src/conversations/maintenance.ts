// Maintenance of the conversations of all scopes. Every implementation runs maintenance.contract.ts.

export interface Maintenance {
	/** Marks the running turns of the process `process` as `interrupted`. @returns the number of turns. */
	interrupt(process: string, nowMs: number): Promise<number>
	/**
	 * Removes conversations without changes since `beforeMs`, some of them in each call.
	 * @returns the number of conversations.
	 */
	expire(beforeMs: number): Promise<number>
}
