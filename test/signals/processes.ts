// Processes as Linux describes them in /proc.

import { readdirSync, readFileSync } from 'node:fs'

export interface ProcessEntry {
	readonly pid: number
	readonly parent: number
	readonly session: number
	/** `Z` is a process that has ended and was not waited for. */
	readonly state: string
	readonly command: string
}

export function processes(): readonly ProcessEntry[] {
	return readdirSync('/proc')
		.map(Number)
		.filter((pid) => pid > 0)
		.flatMap((pid) => {
			try {
				const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
				const [state = '', parent, , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
				const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
				return [{ pid, parent: Number(parent), session: Number(session), state, command }]
			} catch {
				return []
			}
		})
}

/** Processes of a session that still run. */
export function ofSession(session: number): readonly ProcessEntry[] {
	return processes().filter((one) => one.session === session && one.state !== 'Z')
}
