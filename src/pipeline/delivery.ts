// From an engine's events to what the dialect sends: at once as one object, or piece by piece. Each event is told to whoever watches, on
// either way.

import type { Completion } from '../chat/completion.ts'
import { CompletionFold, incomplete } from '../chat/completion-fold.ts'
import { asChatError, type ChatError } from '../chat/error.ts'
import type { ChatEvent } from '../chat/event.ts'
import type { Source } from '../chat/source.ts'
import type { AnswerIdentity, AnswerWriter, StreamWriter } from '../dialects/dialect.ts'
import type { Arrival, Arrivals } from '../engines/arrivals.ts'
import { cancelled, closing } from '../engines/running-calls.ts'
import type { Pieces } from '../http/event-stream.ts'

/** Sees every event of an answer, once, in order. */
export type Watch = (event: ChatEvent) => void

/** @throws ChatError why there is no whole answer. */
export async function deliverWhole(
	arrivals: Arrivals,
	writer: AnswerWriter,
	identity: AnswerIdentity,
	watch: Watch,
): Promise<unknown> {
	const fold = new CompletionFold()
	let source: Source | undefined
	try {
		for (let group = await arrivals.next(); group !== undefined; group = await arrivals.next())
			for (const arrival of group) {
				source = arrival.source
				for (const event of arrival.events) {
					watch(event)
					fold.add(event)
				}
			}
	} finally {
		await arrivals.cancel()
	}
	const completion: Completion = fold.completion()
	return writer.completion(completion, identity, source)
}

/** Pieces of a streamed answer, and an end that says so even where the engine broke its promise of one. */
export function deliverPieces(
	arrivals: Arrivals,
	writer: AnswerWriter,
	identity: AnswerIdentity,
	watch: Watch,
	/** Told once, when nothing more will come. `left`: the client hung up before. */
	ended: (left: boolean) => void,
): Pieces {
	return new WrittenPieces(arrivals, writer.stream(identity), watch, ended)
}

class WrittenPieces implements Pieces {
	private readonly arrivals: Arrivals
	private readonly writer: StreamWriter
	private readonly watch: Watch
	private readonly ended: (left: boolean) => void
	private over = false
	/** Pieces that came: tokens, as far as is known before an upstream counts them. */
	private pieces = 0

	constructor(arrivals: Arrivals, writer: StreamWriter, watch: Watch, ended: (left: boolean) => void) {
		this.arrivals = arrivals
		this.writer = writer
		this.watch = watch
		this.ended = ended
	}

	async next(): Promise<string | undefined> {
		if (this.over) return undefined
		let group: readonly Arrival[]
		try {
			group = (await this.arrivals.next()) ?? [failed(incomplete())]
		} catch (thrown) {
			group = [failed(thrown)]
		}
		try {
			let text = ''
			for (const arrival of group) text += this.write(arrival)
			return text
		} catch (thrown) {
			return this.write(failed(thrown))
		}
	}

	cancel(): void {
		if (this.over) return
		this.over = true
		void this.arrivals.cancel().catch(() => undefined)
		this.watch(this.brokenOff(cancelled('yes')))
		this.ended(true)
	}

	interrupt(): string {
		return this.write({ events: [this.brokenOff(closing())] })
	}

	/** The last event, with what was produced until then. */
	private brokenOff(error: ChatError): ChatEvent {
		const counts = { promptTokens: 0, completionTokens: this.pieces, cachedTokens: 0, reasoningTokens: 0 }
		return { type: 'error', error, usage: { ...counts, source: 'counted' } }
	}

	private write({ events, source }: Arrival): string {
		if (this.over) return ''
		const text =
			source !== undefined && this.writer.repeat !== undefined
				? this.writer.repeat(source, events)
				: events.map((event) => this.writer.write(event)).join('')
		for (const event of events) {
			this.watch(event)
			if (isPiece(event)) this.pieces++
			if (event.type === 'finish' || event.type === 'error') this.end()
		}
		return text
	}

	private end(): void {
		if (this.over) return
		this.over = true
		void this.arrivals.cancel().catch(() => undefined)
		this.ended(false)
	}
}

function isPiece({ type }: ChatEvent): boolean {
	return type === 'text' || type === 'reasoning' || type === 'refusal' || type === 'tool-arguments'
}

function failed(thrown: unknown): Arrival {
	return { events: [{ type: 'error', error: asChatError(thrown) }] }
}
