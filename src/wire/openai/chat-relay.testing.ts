// Delivers the chunks of an upstream to a client of the same wire, as the pipeline does.

import { parseJson } from '../../chat/json-text.ts'
import { EventStreamReader } from '../../engines/upstream/http/event-stream-reader.ts'
import { ChatChunkReader } from './chat-chunk-reader.ts'
import { ChatChunkWriter } from './chat-chunk-writer.ts'
import { chatFormats } from './formats.ts'

export const shape = { legacyFunctions: false, includeUsage: true }
export const identity = { id: 'chatcmpl-ours', created: 5, model: 'public' }

/** A reader of the upstream's chunks. */
export function reader(): ChatChunkReader {
	return new ChatChunkReader({
		model: 'theirs',
		choices: 4,
		errors: { title: 'The upstream', trusted: false },
		namedTool: false,
		newCallId: () => 'call_new',
	})
}

/** What a client receives for `bytes`: with chunks repeated if possible, or with all of them written anew. */
export function deliver(pieces: readonly Uint8Array[], repeats: boolean, writing = shape): string {
	const stream = new EventStreamReader({ maxEventLength: 1_000_000 })
	const [read, writer] = [reader(), new ChatChunkWriter(identity, writing)]
	let sent = ''
	let complete = false
	const take = (data: string) => {
		if (data === '[DONE]') complete = true
		else {
			const value = read.parse(parseJson(data))
			const events = read.read(value, data)
			if (events.length === 0 && !read.relays(value)) return
			sent += repeats
				? writer.repeat({ format: chatFormats.chunk, text: data, value }, events)
				: events.map((event) => writer.write(event)).join('')
		}
	}
	for (const piece of pieces) for (const { data } of stream.read(piece)) take(data)
	for (const { data } of stream.end()) take(data)
	for (const event of read.end(complete)) {
		const source = event.type === 'choice-finish' ? read.sourceOf(event.choice) : undefined
		sent +=
			repeats && source !== undefined
				? writer.repeat({ format: chatFormats.chunk, ...source }, [event])
				: writer.write(event)
	}
	return sent
}

/** The chunks of a stream that was sent. */
export function chunksOf(sent: string): readonly Record<string, unknown>[] {
	return sent
		.split('\n\n')
		.filter((event) => event.startsWith('data: {'))
		.map((event) => JSON.parse(event.slice(6)))
}

/** The bytes of a stream of server-sent events. */
export const bytesOf = (events: readonly (object | string)[]) =>
	new TextEncoder().encode(
		events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join(''),
	)
