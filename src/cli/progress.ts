// Shows the progress of a download: one line that is rewritten on a terminal, otherwise a plain line for every tenth.
// It does not know what is downloaded, or when the download ends.

import type { Clock } from '../system/clock.ts'
import { terminalLine } from '../system/terminal-text.ts'

export interface ProgressStream {
	readonly isTTY?: boolean
	readonly columns?: number
	write(text: string): unknown
}

export interface DownloadProgress {
	readonly source: string
	readonly receivedBytes: number
	readonly totalBytes: number | undefined
}

export interface ProgressWriter {
	/** Cheap enough to be called with every chunk. */
	update(progress: DownloadProgress): void
	/** Moves the terminal's cursor to a new line. */
	end(): void
}

/** Minimum time between two redraws of the bar, in milliseconds. */
const redrawMs = 100
const plainStep = 0.1
/** Bytes between plain lines if the total is unknown. */
const plainStepBytes = 50_000_000
const barCells = 24

export function openProgress(stream: ProgressStream, clock: Pick<Clock, 'now'>): ProgressWriter {
	return stream.isTTY === true ? new ProgressBar(stream, clock) : new ProgressLines(stream)
}

class ProgressBar implements ProgressWriter {
	private readonly stream: ProgressStream
	private readonly clock: Pick<Clock, 'now'>
	private started: { readonly source: string; readonly atMs: number; readonly bytes: number } | undefined
	private renderedAtMs = Number.NEGATIVE_INFINITY
	private last: DownloadProgress | undefined

	constructor(stream: ProgressStream, clock: Pick<Clock, 'now'>) {
		this.stream = stream
		this.clock = clock
	}

	update(progress: DownloadProgress): void {
		const nowMs = this.clock.now()
		if (this.started?.source !== progress.source)
			this.started = { source: progress.source, atMs: nowMs, bytes: progress.receivedBytes }
		this.last = progress
		if (nowMs - this.renderedAtMs < redrawMs) return
		this.render(progress, nowMs)
	}

	end(): void {
		if (this.last === undefined) return
		this.render(this.last, this.clock.now())
		this.stream.write('\n')
		this.last = undefined
	}

	private render(progress: DownloadProgress, nowMs: number): void {
		this.renderedAtMs = nowMs
		const seconds = (nowMs - (this.started?.atMs ?? nowMs)) / 1000
		const speed =
			seconds > 0.5 ? `  ${megabytes((progress.receivedBytes - (this.started?.bytes ?? 0)) / seconds)} MB/s` : ''
		const done = share(progress)
		const bar =
			done === undefined ? '' : `[${'#'.repeat(Math.round(done * barCells)).padEnd(barCells, '-')}] ${percent(done)}  `
		const line = `${bar}${amount(progress)}${speed}  ${terminalLine(progress.source)}`
		this.stream.write(`\r${line.slice(0, (this.stream.columns ?? 100) - 1)}\u001b[K`)
	}
}

class ProgressLines implements ProgressWriter {
	private readonly stream: ProgressStream
	private source: string | undefined
	private nextShare = 0
	private nextBytes = 0

	constructor(stream: ProgressStream) {
		this.stream = stream
	}

	update(progress: DownloadProgress): void {
		if (this.source !== progress.source) {
			this.source = progress.source
			this.nextShare = 0
			this.nextBytes = 0
		}
		const done = share(progress)
		if (done === undefined ? progress.receivedBytes < this.nextBytes : done < this.nextShare) return
		this.nextShare = (Math.floor((done ?? 0) / plainStep + 1e-9) + 1) * plainStep
		this.nextBytes = progress.receivedBytes + plainStepBytes
		this.stream.write(
			`${done === undefined ? '' : `${percent(done)}  `}${amount(progress)}  ${terminalLine(progress.source)}\n`,
		)
	}

	end(): void {
		this.source = undefined
	}
}

function share({ receivedBytes, totalBytes }: DownloadProgress): number | undefined {
	return totalBytes === undefined || totalBytes <= 0 ? undefined : Math.min(1, receivedBytes / totalBytes)
}

function percent(done: number): string {
	return `${Math.floor(done * 100 + 1e-9)} %`.padStart(5)
}

function amount({ receivedBytes, totalBytes }: DownloadProgress): string {
	return totalBytes === undefined
		? `${megabytes(receivedBytes)} MB`
		: `${megabytes(receivedBytes)}/${megabytes(totalBytes)} MB`
}

function megabytes(bytes: number): string {
	return (bytes / 1_000_000).toFixed(1)
}
