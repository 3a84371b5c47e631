// An append-only file of lines that survives its process: what was acknowledged is on disk. Lines are written in groups, and while one
// group is on its way the next one gathers, so that a thousand calls cost the disk as little as one. It does not know what lines mean.

import { closeSync, constants, fsyncSync, openSync, write } from 'node:fs'
import { dirname } from 'node:path'
import { ChatError } from '../chat/error.ts'

/** Each line begins with a checksum of the rest, so that one that was torn by the end of its process is known. */
export function sealLine(text: string): string {
	return `${checksum(text)} ${text}\n`
}

/** The texts of whole lines. Torn ones are passed over: whoever wrote them was never told that they were kept. */
export function readLines(content: string): readonly string[] {
	return content.split('\n').flatMap((line) => {
		const text = line.slice(checksumLength + 1)
		return line[checksumLength] === ' ' && line.slice(0, checksumLength) === checksum(text) ? [text] : []
	})
}

const checksumLength = 8

function checksum(text: string): string {
	return Bun.hash.crc32(text).toString(16).padStart(checksumLength, '0')
}

interface Group {
	readonly lines: string[]
	readonly kept: PromiseWithResolvers<void>
}

/** A write is over once its bytes are on disk: one trip to the thread that writes, where a write and a sync would be two. */
const { O_WRONLY, O_CREAT, O_EXCL, O_APPEND, O_DSYNC } = constants
const flags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_DSYNC
/** A line without a checksum, which readers skip: a block that fits proves that there is room again, a byte does not. */
const padding = `${'#'.repeat(4095)}\n`
/** How long lines gather that nobody waits for, in milliseconds. */
const patienceMs = 20

export class Journal {
	private readonly descriptor: number
	private gathering: Group | undefined
	private timer: ReturnType<typeof setTimeout> | undefined
	private working = false
	private bytes = 0
	/** The last write failed, perhaps within a line. */
	private torn = false
	private closed = false

	/** Makes the file, which must not be there. */
	constructor(file: string) {
		this.descriptor = openSync(file, flags, 0o600)
		syncFolder(dirname(file))
	}

	/** How long the file is with all that was appended, in characters. */
	get size(): number {
		return this.bytes
	}

	/**
	 * Resolves when the line is on disk.
	 *
	 * @throws ChatError `unavailable` where it cannot be written.
	 */
	append(text: string): Promise<void> {
		const { kept } = this.add(text)
		this.hurry()
		return kept.promise
	}

	/**
	 * Resolves at once if the last write succeeded; otherwise tries to write as much as many lines need.
	 *
	 * @throws ChatError `unavailable` if it still cannot be written.
	 */
	async probe(): Promise<void> {
		if (!this.torn) return
		const { kept } = this.addLine(padding)
		this.hurry()
		await kept.promise
	}

	/** The same for lines that nobody waits for: on disk soon. */
	note(text: string): Promise<void> {
		const { kept } = this.add(text)
		if (!this.working) this.timer ??= setTimeout(() => this.hurry(), patienceMs)
		return kept.promise
	}

	/** Resolves when all that was appended is on disk, or could not be written. */
	async close(): Promise<void> {
		while (this.gathering !== undefined || this.working) await this.append('').catch(() => undefined)
		// Its number may be another file's from now on.
		this.closed = true
		closeSync(this.descriptor)
	}

	private add(text: string): Group {
		return this.addLine(text === '' ? '' : sealLine(text))
	}

	private addLine(line: string): Group {
		if (this.closed) return closedGroup()
		this.gathering ??= begin()
		this.gathering.lines.push(line)
		this.bytes += line.length
		return this.gathering
	}

	/** All of this turn of the event loop goes together. */
	private hurry(): void {
		clearTimeout(this.timer)
		this.timer = undefined
		if (this.working || this.gathering === undefined) return
		this.working = true
		setImmediate(() => void this.work())
	}

	private async work(): Promise<void> {
		for (let group = this.gathering; group !== undefined; group = this.gathering) {
			this.gathering = undefined
			try {
				await writeAll(this.descriptor, (this.torn ? '\n' : '') + group.lines.join(''))
				this.torn = false
				group.kept.resolve()
			} catch (cause) {
				this.torn = true
				group.kept.reject(
					new ChatError('unavailable', 'The accounts cannot be written at the moment.', { cause, retryAfterMs: 1000 }),
				)
			}
		}
		this.working = false
	}
}

function begin(): Group {
	const kept = Promise.withResolvers<void>()
	// Lines that nobody waits for may fail too.
	kept.promise.catch(() => undefined)
	return { lines: [], kept }
}

function closedGroup(): Group {
	const group = begin()
	group.kept.reject(new ChatError('unavailable', 'The server is closing.'))
	return group
}

async function writeAll(descriptor: number, text: string): Promise<void> {
	let bytes = Buffer.from(text)
	while (bytes.length > 0) {
		const written = await new Promise<number>((resolve, reject) => {
			write(descriptor, bytes, 0, bytes.length, null, (error, count) =>
				error === null ? resolve(count) : reject(error),
			)
		})
		bytes = bytes.subarray(written)
	}
}

/** A file that is new is only there after a power cut once its folder is synced. */
function syncFolder(folder: string): void {
	const descriptor = openSync(folder, 'r')
	try {
		fsyncSync(descriptor)
	} finally {
		closeSync(descriptor)
	}
}
