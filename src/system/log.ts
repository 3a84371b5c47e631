// The log: JSON lines, or readable lines for a terminal. Secrets have a type that does not print them.

import { type DestinationStream, type Logger, pino } from 'pino'
import type { LogOptions } from './log-level.ts'
import { terminalLine, terminalText } from './terminal-text.ts'

export type Log = Logger

/** A log as opened, with a second, cheaper way to write a line. Its child loggers do not have it. */
export type RootLog = Log & PlainWriter

export interface PlainWriter {
	/**
	 * Writes the same line as the method `level` would, for lines of every request: their fields are plain data, and a
	 * logger's features would cost several times as much.
	 */
	writePlainly(level: 'info' | 'warn', fields: object, message: string): void
}

/** Writes to standard error, because standard output is for the results of commands. */
export function openLog(
	options: LogOptions,
	write: (text: string) => void = (text) => process.stderr.write(text),
): RootLog {
	const buffer = options.format === 'json' ? lineBuffer(write) : undefined
	const destination: DestinationStream = buffer ?? { write: (line) => write(readable(line)) }
	const log = pino({ level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination)
	return Object.assign(log, {
		writePlainly(level: 'info' | 'warn', fields: object, message: string) {
			if (buffer === undefined) log[level](fields, message)
			else if (log.isLevelEnabled(level)) buffer.writeEntry(pino.levels.values[level] ?? 0, fields, message)
		},
	})
}

/**
 * Writes a line that a child process printed to the log of this one: JSON log lines of level `warn` or above with their
 * level and fields, all others at `debug`, as text.
 *
 * @param message of the lines at `debug`.
 */
export function relayLine(log: Log, line: string, message: string): void {
	const entry = readEntry(line)
	const label = entry === undefined ? undefined : pino.levels.labels[entry.level]
	if (entry === undefined || (label !== 'warn' && label !== 'error' && label !== 'fatal')) {
		log.debug({ line }, message)
		return
	}
	const { level: _, time: __, msg, ...fields } = entry
	log[label](fields, msg)
}

interface LogEntry {
	readonly level: number
	readonly msg: string
	readonly time?: unknown
}

function readEntry(line: string): LogEntry | undefined {
	if (!line.startsWith('{"level":')) return undefined
	try {
		const entry: unknown = JSON.parse(line)
		const isEntry = (value: object): value is LogEntry =>
			'level' in value && typeof value.level === 'number' && 'msg' in value && typeof value.msg === 'string'
		return typeof entry === 'object' && entry !== null && isEntry(entry) ? entry : undefined
	} catch {
		return undefined
	}
}

const [flushMs, flushLength] = [50, 65_536]
/** `warn` in pino's numbers. */
const urgentLevel = 40

interface LineBuffer extends DestinationStream {
	/** Level of the line that is written next. */
	lastLevel: number
	writeEntry(level: number, fields: object, message: string): void
}

/**
 * Writes JSON lines in batches, because a system call for each line would cost every request. Warnings and the exit
 * flush the buffer.
 */
function lineBuffer(write: (text: string) => void): LineBuffer {
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
		writeEntry(level: number, fields: object, message: string) {
			destination.lastLevel = level
			// A copy of the fields, to write them between the others, would cost as much as the rest of the line.
			const members = JSON.stringify(fields).slice(1, -1)
			const begin = `{"level":${level},"time":"${new Date().toISOString()}"`
			destination.write(`${begin}${members === '' ? '' : ','}${members},"msg":${JSON.stringify(message)}}\n`)
		},
	}
	// With this mark, pino sets `lastLevel` to the level of each line.
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
	return `${terminalLine([head, ...words].join('  '))}${terminalText(stack)}\n`
}
