// An append-only file of lines: an acknowledged line is on disk and survives a crash of the process. Lines are written
// in groups. The next group collects lines while the previous one is written, so that many concurrent calls share one
// write. Their space is prepared ahead (journal-space.ts), so a file ends in zeros. The journal does not interpret the
// lines.

import { closeSync, constants, fsyncSync, openSync, rmSync, write } from 'node:fs'
import { dirname } from 'node:path'
import { ChatError } from '../chat/error.ts'
import { JournalSpace } from './journal-space.ts'

/**
 * The texts of complete lines. Torn lines are skipped: their writes were never acknowledged. So are zeros, which no line
 * contains: JSON escapes them.
 */
export function readLines(content: string): readonly string[] {
	return content
		.replaceAll('\0', '')
		.split('\n')
		.flatMap((line) => {
			const text = line.slice(checksumLength + 1)
			return line === sealLine(text) ? [text] : []
		})
}

const checksumLength = 8

/** The checksum before the text detects a line that was cut off by a crash. */
function sealLine(text: string): string {
	return `${Bun.hash.crc32(text).toString(16).padStart(checksumLength, '0')} ${text}`
}

interface Group {
	readonly lines: string[]
	readonly written: PromiseWithResolvers<void>
}

/**
 * With O_DSYNC a write completes once its bytes are on disk: one call to the thread pool, instead of two for a write
 * and a sync.
 */
const { O_WRONLY, O_CREAT, O_EXCL, O_DSYNC } = constants
const flags = O_WRONLY | O_CREAT | O_EXCL | O_DSYNC
/**
 * A line without a checksum, which readers skip. A full block proves that the disk has space again; a single byte does
 * not.
 */
const padding = `${'#'.repeat(4095)}\n`
/** How long lines that no caller waits for are collected, in milliseconds. */
const batchDelayMs = 20

export class Journal {
	private readonly descriptor: number
	private readonly spaceDescriptor: number
	private readonly space: JournalSpace
	private readonly monotonicMs: () => number
	private nextGroup: Group | undefined
	private timer: ReturnType<typeof setTimeout> | undefined
	private working = false
	/** Size of all lines, including pending ones, in characters. */
	size = 0
	/** Where the next group is written, in bytes from the start of the file. */
	private position = 0
	/** The last write failed, perhaps within a line. */
	private torn = false
	private lastWrite = Number.NEGATIVE_INFINITY
	private closed = false

	/** @param file is created; it must not exist. */
	constructor(file: string, monotonicMs: () => number) {
		this.monotonicMs = monotonicMs
		this.descriptor = openSync(file, flags, 0o600)
		try {
			this.spaceDescriptor = openSync(file, O_WRONLY)
		} catch (thrown) {
			closeSync(this.descriptor)
			rmSync(file, { force: true })
			throw thrown
		}
		this.space = new JournalSpace(file, this.spaceDescriptor)
		syncFolder(dirname(file))
	}

	/**
	 * Resolves when the line is on disk.
	 *
	 * @throws ChatError `unavailable` if it cannot be written.
	 */
	append(text: string): Promise<void> {
		return this.write(`${sealLine(text)}\n`)
	}

	/** Whether the last write failed. */
	get failing(): boolean {
		return this.torn
	}

	/** When a line was last written, by the monotonic clock, in milliseconds; -Infinity before the first one. */
	get writtenAtMs(): number {
		return this.lastWrite
	}

	/**
	 * Resolves immediately if the last write succeeded; otherwise tries to write a full block.
	 *
	 * @throws ChatError `unavailable` if it still cannot be written.
	 */
	async probe(): Promise<void> {
		if (this.torn) await this.prove()
	}

	/**
	 * Writes a full block, which readers skip.
	 *
	 * @throws ChatError `unavailable` if it cannot be written.
	 */
	prove(): Promise<void> {
		return this.write(padding)
	}

	/** Like `append`, for lines that no caller waits for: they are written with a short delay. */
	note(text: string): Promise<void> {
		const { written } = this.add(`${sealLine(text)}\n`)
		if (!this.working) this.timer ??= setTimeout(() => this.flush(), batchDelayMs)
		return written.promise
	}

	/**
	 * Resolves when all lines up to now are on disk.
	 *
	 * @throws ChatError `unavailable` if the last of them cannot be written.
	 */
	written(): Promise<void> {
		return this.write('')
	}

	/** Resolves when all appended lines are on disk or have failed. */
	async close(): Promise<void> {
		while (this.nextGroup !== undefined || this.working) await this.written().catch(() => undefined)
		// The descriptor's number may be reused for another file.
		this.closed = true
		closeSync(this.descriptor)
		await this.space.close()
		closeSync(this.spaceDescriptor)
	}

	private write(line: string): Promise<void> {
		const { written } = this.add(line)
		this.flush()
		return written.promise
	}

	private add(line: string): Group {
		if (this.closed) return closedGroup()
		this.nextGroup ??= begin()
		this.nextGroup.lines.push(line)
		this.size += line.length
		return this.nextGroup
	}

	/** Writes on the next tick, so that lines of the same tick form one group. */
	private flush(): void {
		clearTimeout(this.timer)
		this.timer = undefined
		if (this.working || this.nextGroup === undefined) return
		this.working = true
		setImmediate(() => void this.work())
	}

	private async work(): Promise<void> {
		while (this.nextGroup !== undefined) {
			const group = this.nextGroup
			this.nextGroup = undefined
			try {
				await this.writeLines((this.torn ? '\n' : '') + group.lines.join(''))
				this.torn = false
				this.lastWrite = this.monotonicMs()
				group.written.resolve()
			} catch (cause) {
				this.torn = true
				group.written.reject(
					new ChatError('unavailable', 'Usage could not be recorded.', { cause, retryAfterMs: 1000 }),
				)
			}
		}
		this.working = false
	}

	/** After a failure, the next lines follow what was written. */
	private async writeLines(text: string): Promise<void> {
		const bytes = Buffer.from(text)
		await this.space.before(this.position + bytes.byteLength)
		for (let rest = bytes; rest.length > 0; ) {
			const count = await writeOnce(this.descriptor, rest, this.position)
			this.position += count
			rest = rest.subarray(count)
		}
	}
}

function begin(): Group {
	const written = Promise.withResolvers<void>()
	// A failed write of lines that no caller waits for must not become an unhandled rejection.
	written.promise.catch(() => undefined)
	return { lines: [], written }
}

function closedGroup(): Group {
	const group = begin()
	group.written.reject(new ChatError('unavailable', 'The server is closing.'))
	return group
}

/** @returns how many bytes were written. */
function writeOnce(descriptor: number, bytes: Uint8Array, position: number): Promise<number> {
	return new Promise((resolve, reject) => {
		write(descriptor, bytes, 0, bytes.byteLength, position, (error, count) =>
			error === null ? resolve(count) : reject(error),
		)
	})
}

/** A new file survives a power failure only after its folder was synced. */
function syncFolder(folder: string): void {
	const descriptor = openSync(folder, 'r')
	try {
		fsyncSync(descriptor)
	} finally {
		closeSync(descriptor)
	}
}
