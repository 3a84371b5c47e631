// Maintenance of the conversations of all scopes. Every implementation runs maintenance.contract.ts.

import type { Scope } from '../keys/scope.ts'
import type { TurnId } from './turn-id.ts'

/** A turn that the database says is running. */
export interface RunningTurn {
	readonly id: TurnId
	readonly scope: Scope
}

export interface Maintenance {
	/** The running turns of the process `process`. */
	running(process: string): Promise<readonly RunningTurn[]>
	/** Marks the running turns of the process `process` as `interrupted`. @returns the number of turns. */
	interrupt(process: string, nowMs: number): Promise<number>
	/**
	 * Removes conversations without changes since `beforeMs`, some of them in each call.
	 * @returns the number of conversations.
	 */
	expire(beforeMs: number): Promise<number>
}
