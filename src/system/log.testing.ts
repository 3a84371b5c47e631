// A log that records its lines, parsed, as soon as they are written.

import { pino } from 'pino'
import type { RootLog } from './log.ts'

export interface LogLine {
	/** pino's number of the level. */
	readonly level: number
	readonly msg: string
	readonly [field: string]: unknown
}

/** Appends every line of level `debug` or above to `lines`. */
export function recordingLog(lines: LogLine[]): RootLog {
	const log = pino({ level: 'debug', base: null }, { write: (line: string) => lines.push(JSON.parse(line)) })
	return Object.assign(log, {
		writePlainly(level: 'info' | 'warn', fields: object, message: string) {
			log[level](fields, message)
		},
	})
}
