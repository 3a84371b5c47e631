// Space for the next lines of a journal, filled with zeros ahead of them: a write to it changes neither the size nor the
// blocks of the file, so that its sync waits for one write of data instead of a commit of the file system's own journal.
// Without such space, as on a small or nearly full disk, lines extend the file. It does not know lines.

import { fdatasync, ftruncate, write } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { promisify } from 'node:util'

/** Bytes that are prepared together; the next ones when half of them are used. */
const defaultStep = 1_048_576
/** Free space of the disk, as a multiple of the step, below which none is taken from others. */
const leastFree = 64

const [writeBytes, sync, truncate] = [promisify(write), promisify(fdatasync), promisify(ftruncate)]

export class JournalSpace {
	private readonly file: string
	private readonly descriptor: number
	private readonly step: number
	/** Where the space ends, in bytes from the start of the file. */
	private end = 0
	/** Where zeros are written. */
	private start = 0
	/** After a failure: nothing is prepared before this position is reached. */
	private retryAt = 0
	private preparing: Promise<void> | undefined

	/** @param descriptor of the file, whose writes need not be synchronous. */
	constructor(file: string, descriptor: number, step = defaultStep) {
		this.file = file
		this.descriptor = descriptor
		this.step = step
	}

	/**
	 * To be called before bytes are written, when all earlier ones have been.
	 *
	 * @param position where they end, in bytes from the start of the file. Zeros are written after that.
	 * @returns undefined if they may be written immediately; otherwise resolves when zeros cannot overwrite them. Never
	 * rejects.
	 */
	before(position: number): Promise<void> | undefined {
		if (this.preparing === undefined && position > this.end - this.step / 2 && position >= this.retryAt)
			this.prepare(Math.max(this.end, position))
		return position > this.start ? this.preparing : undefined
	}

	/** Resolves when nothing is written any more. */
	async close(): Promise<void> {
		await this.preparing
	}

	private prepare(start: number): void {
		this.start = start
		this.preparing = this.fill(start).finally(() => {
			this.preparing = undefined
		})
	}

	private async fill(start: number): Promise<void> {
		const end = start + this.step
		// The file may have been removed.
		if (await this.hasFreeSpace().catch(() => false))
			try {
				await this.writeZeros(start, end)
				await sync(this.descriptor)
				this.end = end
				return
			} catch {
				// What was written would take the last space of the disk from others.
				await truncate(this.descriptor, start).catch(() => undefined)
			}
		this.retryAt = end
	}

	private async hasFreeSpace(): Promise<boolean> {
		const { bavail, bsize } = await statfs(this.file)
		return bavail * bsize >= leastFree * this.step
	}

	private async writeZeros(start: number, end: number): Promise<void> {
		const zeros = Buffer.alloc(end - start)
		for (let at = start; at < end; ) at += (await writeBytes(this.descriptor, zeros, 0, end - at, at)).bytesWritten
	}
}
