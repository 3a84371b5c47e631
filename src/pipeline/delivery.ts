// Writes an engine's events in the dialect's format: unary as one object, or as a stream. Both pass each event to the open answer, and both
// store the end of the answer before they send it.

import type { Completion } from '../chat/completion.ts'
import { CompletionFold, incomplete } from '../chat/completion-fold.ts'
import { asChatError, type ChatError } from '../chat/error.ts'
import type { ChatEvent } from '../chat/event.ts'
import type { Source } from '../chat/source.ts'
import type { StreamWriter } from '../dialects/dialect.ts'
import type { EventBatch, EventBatches } from '../engines/event-batches.ts'
import { cancelled, closing } from '../engines/running-calls.ts'
import type { ChunkSource } from '../http/event-stream.ts'
import type { BackgroundTasks } from './background-tasks.ts'
import { asStorageError, isEstimated, type OpenAnswer } from './open-answer.ts'

/** A complete answer, and the upstream's own form of it. */
export interface Delivered {
	readonly completion: Completion
	readonly source: Source | undefined
}

/** @throws ChatError if the answer is incomplete. */
export async function deliverWhole(arrivals: EventBatches, answer: OpenAnswer): Promise<Delivered> {
	let source: Source | undefined
	const fold = new CompletionFold()
	try {
		for (let group = await arrivals.next(); group !== undefined; group = await arrivals.next())
			for (const arrival of group) {
				source = arrival.source
				for (const event of arrival.events) {
					answer.watch(event)
					fold.add(event)
				}
			}
	} finally {
		await arrivals.cancel()
	}
	return { completion: await withUsage(fold.completion(), answer), source }
}

/** Ensures that the response reports the usage that is billed. */
export function withUsage(completion: Completion, answer: OpenAnswer): Completion | Promise<Completion> {
	return isEstimated(completion.usage) ? withCount(completion, answer) : completion
}

async function withCount(completion: Completion, answer: OpenAnswer): Promise<Completion> {
	return { ...completion, usage: await answer.counted() }
}

export interface DeliveryOptions {
	readonly arrivals: EventBatches
	readonly writer: StreamWriter
	readonly answer: OpenAnswer
	readonly backgroundTasks: BackgroundTasks
	/** Called once, after the text of the last event was taken. `disconnected`: the client disconnected before that event. */
	readonly ended: (disconnected: boolean) => void
}

/** The chunks of a streamed answer. Writes an error as the last event if the engine's events end without one. */
export class WrittenChunks implements ChunkSource {
	private readonly options: DeliveryOptions
	private over = false
	private failed = false
	/** The text of the last event was returned, but may not have been sent. */
	private ending = false

	constructor(options: DeliveryOptions) {
		this.options = options
	}

	async next(): Promise<string | undefined> {
		if (this.over) {
			this.end()
			return undefined
		}
		const { arrivals, answer } = this.options
		let group: readonly EventBatch[]
		try {
			group = (await arrivals.next()) ?? [failed(incomplete())]
		} catch (thrown) {
			group = [failed(thrown)]
		}
		let text = ''
		try {
			for (const arrival of group) text += isLast(arrival) ? await this.writeLast(arrival) : this.write(arrival)
		} catch (thrown) {
			return text + (await this.writeLast(failed(thrown)))
		}
		answer.progress()
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
		const { writer, answer } = this.options
		const text = writer.write({ type: 'error', error, usage: answer.soFar() })
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
		const { arrivals, answer, backgroundTasks, ended } = this.options
		backgroundTasks.add(arrivals.cancel(), 'ending an upstream')
		answer.watch({ type: 'error', error, usage: answer.soFar() })
		const settled = answer.end(error).finally(() => ended(disconnected))
		backgroundTasks.add(settled, 'recording the end of a call')
	}

	private write({ events, source }: EventBatch): string {
		if (this.over) return ''
		const { writer, answer } = this.options
		const text =
			source !== undefined && writer.repeat !== undefined
				? writer.repeat(source, events)
				: events.map((event) => writer.write(event)).join('')
		for (const event of events) answer.watch(event)
		return text
	}

	/** Returns the last event after the end is stored; if that fails, the last event is an error. */
	private async writeLast(arrival: EventBatch): Promise<string> {
		if (this.over) return ''
		const { arrivals, writer, answer, backgroundTasks } = this.options
		const before = arrival.events.slice(0, -1)
		let last = arrival.events.at(-1)
		for (const event of arrival.events) answer.watch(event)
		let { source } = arrival
		let failure: ChatError | undefined
		try {
			if (last?.type === 'finish' && isEstimated(last.usage)) {
				last = { type: 'finish', usage: await answer.counted() }
				source = undefined
			}
			await answer.end(last?.type === 'error' ? last.error : undefined)
		} catch (thrown) {
			failure = asStorageError(thrown)
			answer.watch({ type: 'error', error: failure })
		}
		// The answer may have been given up while its end was stored.
		if (this.over) return ''
		this.over = true
		this.failed = failure !== undefined || last?.type === 'error'
		backgroundTasks.add(arrivals.cancel(), 'ending an upstream')
		this.ending = true
		if (failure !== undefined) return writeAll(writer, [...before, { type: 'error', error: failure }])
		if (source !== undefined && writer.repeat !== undefined) return writer.repeat(source, arrival.events)
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
