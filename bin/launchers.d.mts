/** Names the processes to watch, nearest first, for the server. */
export const launchersVariable: 'DRAGOMAN_LAUNCHERS'

export interface ProcessEntry {
	readonly parent: number
	readonly group: number
	/** The program and its arguments. */
	readonly command: readonly string[]
}

/** A process as the system describes it now; undefined if it is gone or cannot be read. */
export function lookUpProcess(pid: number): ProcessEntry | undefined
