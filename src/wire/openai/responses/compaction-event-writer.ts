// Writes the summary of a conversation, which a model writes as its answer, as the events of a response whose only item
// contains it.

import { asChatError } from '../../../chat/error.ts'
import type { ChatEvent, FinishEvent } from '../../../chat/event.ts'
import { responsesWire } from '../formats.ts'
import { ResponseEventWriter } from './event-writer.ts'
import type { ResponseIdentity, ResponseShape } from './response-writer.ts'
import { summaryOf, writeSummary } from './summary.ts'

/** Writes one summary. Pass it the events in order. */
export class CompactionEventWriter {
	private readonly events: ResponseEventWriter
	private text = ''

	constructor(identity: ResponseIdentity, shape: ResponseShape) {
		this.events = new ResponseEventWriter(identity, shape)
	}

	write(event: ChatEvent): string {
		switch (event.type) {
			case 'start':
			case 'error':
				return this.events.write(event)
			case 'part-delta':
				if (event.part === 'text') this.text += event.text
				return ''
			case 'part-start':
			case 'part-end':
			case 'rest':
			case 'choice-finish':
				return ''
			case 'finish':
				return this.finish(event)
			default:
				return event satisfies never
		}
	}

	private finish(event: FinishEvent): string {
		let summary: string
		try {
			summary = summaryOf(this.text)
		} catch (thrown) {
			return this.events.write({ type: 'error', error: asChatError(thrown), usage: event.usage })
		}
		const part = { type: 'provider-item', wire: responsesWire, item: writeSummary(summary) } as const
		const events: readonly ChatEvent[] = [
			{ type: 'part-start', choice: 0, part },
			{ type: 'part-end', choice: 0 },
			{ type: 'choice-finish', choice: 0, reason: 'stop' },
			event,
		]
		return events.map((one) => this.events.write(one)).join('')
	}
}
