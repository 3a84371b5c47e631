// Wraps the reader of an answer whose request described custom tools as functions: calls of these tools become custom calls again. The text
// of a call is known only when its arguments are complete, so they are held back until then, and so is what follows in the same choice. It
// does not know the wire.

import type { ChatError } from '../../chat/error.ts'
import type { ChatEvent, ToolArgumentsEvent } from '../../chat/event.ts'
import { readCustomToolText } from './custom-tool-function.ts'

interface HeldCall {
	/** All arguments so far. */
	readonly whole: ToolArgumentsEvent
	/** Other events of the choice since the call began. */
	readonly waiting: readonly ChatEvent[]
}

interface EventReader {
	parse(value: unknown): unknown
	read(chunk: unknown): readonly ChatEvent[]
	end(complete: boolean): readonly ChatEvent[]
	fail(error: ChatError): readonly ChatEvent[]
}

export class CustomCallsReader implements EventReader {
	private readonly reader: EventReader
	private readonly customTools: ReadonlySet<string>
	/** The open custom call of each choice. */
	private readonly open = new Map<number, HeldCall>()

	/** @param customTools names of the tools. */
	constructor(reader: EventReader, customTools: ReadonlySet<string>) {
		this.reader = reader
		this.customTools = customTools
	}

	parse(value: unknown): unknown {
		return this.reader.parse(value)
	}

	read(chunk: unknown): readonly ChatEvent[] {
		return this.convert(this.reader.read(chunk))
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
			case 'tool-call': {
				const { choice, call } = event
				const before = this.close(choice)
				if (event.kind === 'custom' || !this.customTools.has(event.name)) return [...before, event]
				this.open.set(choice, { whole: { type: 'tool-arguments', choice, call, fragment: '' }, waiting: [] })
				return [...before, { ...event, kind: 'custom' }]
			}
			case 'choice-finish':
				return [...this.close(event.choice), event]
			case 'text':
			case 'reasoning':
			case 'refusal':
			case 'tool-arguments':
				return this.hold(event) ? [] : [event]
			case 'start':
			case 'finish':
			case 'error':
				return [event]
			default:
				return event satisfies never
		}
	}

	/** Adds an event to the open call of its choice. False if there is none. */
	private hold(event: Extract<ChatEvent, { readonly choice: number }>): boolean {
		const open = this.open.get(event.choice)
		if (open === undefined) return false
		const { whole, waiting } = open
		const isFragment = event.type === 'tool-arguments' && event.call === whole.call
		this.open.set(
			event.choice,
			isFragment
				? { whole: { ...whole, fragment: whole.fragment + event.fragment }, waiting }
				: { whole, waiting: [...waiting, event] },
		)
		return true
	}

	private close(choice: number): readonly ChatEvent[] {
		const open = this.open.get(choice)
		if (open === undefined) return []
		this.open.delete(choice)
		const { whole, waiting } = open
		return [{ ...whole, fragment: readCustomToolText(whole.fragment) }, ...waiting]
	}
}
