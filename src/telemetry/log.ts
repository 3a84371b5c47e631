// The operator's log: JSON lines for machines, or one readable line each for a terminal. Secrets are a type that does not print.

import { type DestinationStream, type Logger, pino } from 'pino'

export type Log = Logger

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export const logFormats = ['json', 'text'] as const

export interface LogOptions {
	readonly level: (typeof logLevels)[number]
	readonly format: (typeof logFormats)[number]
}

/** Writes to standard error, since standard output belongs to what a command was asked for. */
export function openLog(
	options: LogOptions,
	write: (line: string) => void = (line) => process.stderr.write(line),
): Log {
	const destination: DestinationStream = { write: options.format === 'json' ? write : (line) => write(readable(line)) }
	return pino({ level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination)
}

const numbered: Readonly<Record<number, string>> = pino.levels.labels

/** `12:34:56 warn  message  field=value` */
function readable(line: string): string {
	const { time, level, msg, err, ...fields } = JSON.parse(line) as Record<string, unknown>
	const words = Object.entries(fields).map(
		([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
	)
	const head = `${String(time).slice(11, 19)} ${(numbered[Number(level)] ?? '').padEnd(5)} ${String(msg ?? '')}`
	const stack = typeof err === 'object' && err !== null && 'stack' in err ? `\n${String(err.stack)}` : ''
	return `${[head, ...words].join('  ')}${stack}\n`
}
