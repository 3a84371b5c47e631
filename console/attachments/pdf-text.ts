// The text of a PDF, extracted by a worker that is loaded with the first PDF and ends when it has been idle.

import { workerAt } from '../state/trusted-scripts.ts'
import type { AttachmentContent } from './attachment.ts'
import type { PdfMessage } from './pdf-worker.ts'

/** A worker has a few megabytes; the next PDF starts another one. */
const idleMs = 60_000
/** A PDF that takes longer counts as damaged. */
const longestMs = 120_000

interface Waiting {
	readonly resolve: (content: AttachmentContent) => void
	readonly timer: ReturnType<typeof setTimeout>
}

const damaged: AttachmentContent = { type: 'refused', reason: 'pdf-damaged' }
const notLoaded: AttachmentContent = { type: 'refused', reason: 'reader' }

class PdfReader {
	private readonly worker = workerAt('pdf-worker.js')
	private readonly waiting = new Map<number, Waiting>()
	private count = 0
	/** Whether its script has run. */
	private started = false
	private idle: ReturnType<typeof setTimeout> | undefined
	private readonly onEnd: () => void

	constructor(onEnd: () => void) {
		this.onEnd = onEnd
		this.worker.onmessage = ({ data }: MessageEvent<PdfMessage>) => {
			this.started = true
			if (data.type === 'read') this.settle(data.id, data.content)
		}
		this.worker.onerror = () => this.end()
	}

	read(bytes: ArrayBuffer): Promise<AttachmentContent> {
		clearTimeout(this.idle)
		const id = ++this.count
		return new Promise((resolve) => {
			const timer = setTimeout(() => this.end(), longestMs)
			this.waiting.set(id, { resolve, timer })
			this.worker.postMessage({ id, bytes }, [bytes])
		})
	}

	private settle(id: number, content: AttachmentContent): void {
		const waiting = this.waiting.get(id)
		if (waiting === undefined) return
		clearTimeout(waiting.timer)
		this.waiting.delete(id)
		waiting.resolve(content)
		if (this.waiting.size === 0) this.idle = setTimeout(() => this.end(), idleMs)
	}

	private end(): void {
		for (const id of [...this.waiting.keys()]) this.settle(id, this.started ? damaged : notLoaded)
		clearTimeout(this.idle)
		this.worker.terminate()
		this.onEnd()
	}
}

let reader: PdfReader | undefined

export function readPdf(bytes: ArrayBuffer): Promise<AttachmentContent> {
	reader ??= new PdfReader(() => {
		reader = undefined
	})
	return reader.read(bytes)
}
