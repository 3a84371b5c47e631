/** Environment variable with the processes that the server watches, nearest first. */
export const launchersVariable: 'DRAGOMAN_LAUNCHERS'

export interface ProcessEntry {
	readonly parent: number
	readonly group: number
	/** The program and its arguments. */
	readonly command: readonly string[]
}

/** The current state of a process; undefined if it exited or cannot be read. */
export function lookUpProcess(pid: number): ProcessEntry | undefined
