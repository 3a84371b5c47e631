// Writes the events of a streamed answer in the dialect's format. Passes each event to the recorder, and sends the last
// one only after the end of the answer is stored.

import { incomplete } from '../chat/completion-fold.ts'
import { asChatError, type ChatError } from '../chat/error.ts'
import type { ChatEvent } from '../chat/event.ts'
import type { StreamWriter } from '../dialects/writer.ts'
import type { EventBatch, EventBatches } from '../engines/answer.ts'
import { cancelled, closing } from '../engines/running-calls.ts'
import type { ChunkSource } from '../http/event-stream.ts'
import type { AnswerRecorder } from './answer-recorder.ts'
import type { BackgroundTasks } from './background-tasks.ts'
import { asStorageError } from './storage-error.ts'

export interface DeliveryOptions {
	readonly batches: EventBatches
	readonly writer: StreamWriter
	readonly recorder: AnswerRecorder
	readonly backgroundTasks: BackgroundTasks
	/** Comments to send before the first event, once there is one. */
	readonly note?: (() => string) | undefined
	/**
	 * Called once, after the text of the last event was taken. `disconnected`: the client disconnected before that event.
	 */
	readonly ended: (disconnected: boolean) => void
}

/** The chunks of a streamed answer. Writes an error as the last event if the engine's events end without one. */
export class WrittenChunks implements ChunkSource {
	private readonly options: DeliveryOptions
	private over = false
	private failed = false
	/** The text of the last event was returned, but may not have been sent. */
	private ending = false
	private noted = false

	constructor(options: DeliveryOptions) {
		this.options = options
	}

	async next(): Promise<string | undefined> {
		if (this.over) {
			this.end()
			return undefined
		}
		const { batches, recorder } = this.options
		let read: readonly EventBatch[]
		try {
			read = (await batches.next()) ?? [failed(incomplete())]
			const extending = recorder.reserve(read)
			if (extending !== undefined) await extending
		} catch (thrown) {
			read = [failed(thrown)]
		}
		let text = this.note()
		try {
			for (const batch of read) text += isLast(batch) ? await this.writeLast(batch) : this.write(batch)
		} catch (thrown) {
			return text + (await this.writeLast(failed(thrown)))
		}
		recorder.recordProgress()
		return text
	}

	get cut(): boolean {
		return this.failed && this.options.writer.cutsOnError === true
	}

	cancel(): void {
		if (this.over) this.end()
		else this.breakOff(cancelled('yes'), true)
	}

	interrupt(): string {
		return this.giveUp(closing())
	}

	/** Ends the answer. @returns the text of its last event. */
	giveUp(error: ChatError): string {
		if (this.over) {
			this.end()
			return ''
		}
		const { writer, recorder } = this.options
		const text = writer.write({ type: 'error', error, usage: recorder.usageSoFar })
		this.breakOff(error, false)
		return text
	}

	/** Called when the reader asks for more than the last event, or reads no more. */
	private end(): void {
		if (!this.ending) return
		this.ending = false
		this.options.ended(false)
	}

	private breakOff(error: ChatError, disconnected: boolean): void {
		this.over = true
		this.failed = true
		const { batches, recorder, backgroundTasks, ended } = this.options
		backgroundTasks.add(batches.cancel(), 'ending an upstream')
		recorder.observe({ type: 'error', error, usage: recorder.usageSoFar })
		const settled = recorder.settle(error).finally(() => ended(disconnected))
		backgroundTasks.add(settled, 'recording the end of a call')
	}

	private note(): string {
		if (this.noted) return ''
		this.noted = true
		return this.options.note?.() ?? ''
	}

	private write({ events, source }: EventBatch): string {
		if (this.over) return ''
		const { writer, recorder } = this.options
		const text =
			source !== undefined && writer.repeat !== undefined
				? writer.repeat(source, events)
				: events.map((event) => writer.write(event)).join('')
		for (const event of events) recorder.observe(event)
		return text
	}

	/** Returns the last event after the end is stored; if that fails, the last event is an error. */
	private async writeLast(batch: EventBatch): Promise<string> {
		if (this.over) return ''
		const { batches, writer, recorder, backgroundTasks } = this.options
		const before = batch.events.slice(0, -1)
		let last = batch.events.at(-1)
		for (const event of batch.events) recorder.observe(event)
		let { source } = batch
		let failure: ChatError | undefined
		try {
			if (last?.type === 'finish' && recorder.isUsageEstimated) {
				last = { type: 'finish', usage: await recorder.billedUsage() }
				source = undefined
			}
			await recorder.settle(last?.type === 'error' ? last.error : undefined)
		} catch (thrown) {
			failure = asStorageError(thrown)
			recorder.observe({ type: 'error', error: failure })
		}
		// The answer may have been given up while its end was stored.
		if (this.over) return ''
		this.over = true
		this.failed = failure !== undefined || last?.type === 'error'
		backgroundTasks.add(batches.cancel(), 'ending an upstream')
		this.ending = true
		if (failure !== undefined) return writeAll(writer, [...before, { type: 'error', error: failure }])
		if (source !== undefined && writer.repeat !== undefined) return writer.repeat(source, batch.events)
		return writeAll(writer, last === undefined ? before : [...before, last])
	}
}

function writeAll(writer: StreamWriter, events: readonly ChatEvent[]): string {
	return events.map((event) => writer.write(event)).join('')
}

function isLast({ events }: EventBatch): boolean {
	const last = events.at(-1)
	return last?.type === 'finish' || last?.type === 'error'
}

function failed(thrown: unknown): EventBatch {
	return { events: [{ type: 'error', error: asChatError(thrown) }] }
}
