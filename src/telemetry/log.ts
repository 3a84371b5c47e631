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
	write: (text: string) => void = (text) => process.stderr.write(text),
): Log {
	const destination: DestinationStream =
		options.format === 'json' ? lineBuffer(write) : { write: (line) => write(readable(line)) }
	return pino({ level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination)
}

const [flushMs, flushLength] = [50, 65_536]
/** `warn`, by pino's numbers. */
const urgentLevel = 40

/** Writes lines for machines in groups: a call to the system for each would cost every request. Warnings do not wait, nor does the end. */
function lineBuffer(write: (text: string) => void): DestinationStream {
	let lines = ''
	let timer: ReturnType<typeof setTimeout> | undefined
	const flush = () => {
		clearTimeout(timer)
		timer = undefined
		process.off('exit', flush)
		const text = lines
		lines = ''
		write(text)
	}
	const destination = {
		lastLevel: 0,
		write(line: string) {
			lines += line
			if (destination.lastLevel >= urgentLevel || lines.length > flushLength) flush()
			else if (timer === undefined) {
				timer = setTimeout(flush, flushMs)
				process.once('exit', flush)
			}
		},
	}
	// pino tells the level of each line in `lastLevel` where it finds this.
	return Object.assign(destination, { [Symbol.for('pino.metadata')]: true })
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
