// Wraps the reader of an answer whose request described custom tools as functions: calls of these tools become custom
// calls again. The text of a call is known only when its arguments are complete, so they are held back until then. It
// does not know the wire.

import type { ChatError } from '../../chat/error.ts'
import type { ChatEvent } from '../../chat/event.ts'
import { readCustomToolText } from './custom-tool-function.ts'

interface EventReader {
	parse(value: unknown): unknown
	read(chunk: unknown, text?: string): readonly ChatEvent[]
	relays?(chunk: unknown): boolean
	sourceOf?(choice: number): { readonly text: string; readonly value: unknown } | undefined
	end(complete: boolean): readonly ChatEvent[]
	fail(error: ChatError): readonly ChatEvent[]
}

export class CustomCallsReader implements EventReader {
	private readonly reader: EventReader
	private readonly customTools: ReadonlySet<string>
	/** The arguments so far of the open custom call of each choice. */
	private readonly open = new Map<number, string>()

	/** @param customTools names of the tools. */
	constructor(reader: EventReader, customTools: ReadonlySet<string>) {
		this.reader = reader
		this.customTools = customTools
	}

	parse(value: unknown): unknown {
		return this.reader.parse(value)
	}

	read(chunk: unknown, text?: string): readonly ChatEvent[] {
		return this.convert(this.reader.read(chunk, text))
	}

	relays(chunk: unknown): boolean {
		return this.reader.relays?.(chunk) === true
	}

	sourceOf(choice: number): { readonly text: string; readonly value: unknown } | undefined {
		return this.reader.sourceOf?.(choice)
	}

	end(complete: boolean): readonly ChatEvent[] {
		return this.convert(this.reader.end(complete))
	}

	fail(error: ChatError): readonly ChatEvent[] {
		return this.convert(this.reader.fail(error))
	}

	private convert(events: readonly ChatEvent[]): readonly ChatEvent[] {
		return events.flatMap((event) => this.convertOne(event))
	}

	private convertOne(event: ChatEvent): readonly ChatEvent[] {
		switch (event.type) {
			case 'part-start': {
				const { choice, part } = event
				if (part.type !== 'tool-call' || part.kind === 'custom' || !this.customTools.has(part.name)) return [event]
				this.open.set(choice, '')
				return [{ ...event, part: { ...part, kind: 'custom' } }]
			}
			case 'part-delta': {
				const text = this.open.get(event.choice)
				if (text === undefined) return [event]
				this.open.set(event.choice, text + event.text)
				return []
			}
			case 'part-end': {
				const { choice } = event
				const text = this.open.get(choice)
				if (text === undefined) return [event]
				this.open.delete(choice)
				return [{ type: 'part-delta', choice, part: 'tool-call', text: readCustomToolText(text) }, event]
			}
			case 'rest':
			case 'choice-finish':
			case 'start':
			case 'finish':
			case 'error':
				return [event]
			default:
				return event satisfies never
		}
	}
}
