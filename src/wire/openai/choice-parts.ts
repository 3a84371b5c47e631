// The parts of one choice of an answer, in order: content that streams, and tool calls from fragments. What arrives
// inside the arguments of a call is held until the call is whole. It does not know the fields of the wire.

import type { ChatEvent, PartDeltaEvent, StartedText } from '../../chat/event.ts'
import { PartSequencer } from '../../chat/part-sequencer.ts'
import { ToolCallAssembler } from '../json/tool-call-assembler.ts'

/** Methods append events to `into`. */
export class ChoiceParts {
	private readonly parts: PartSequencer<object>
	private readonly calls: ToolCallAssembler
	/** The part that new content belongs to, if it has the same type. No call began after it. */
	private content: StartedText | undefined

	/** @param newCallId creates an id for a call that has none from the upstream. */
	constructor(choice: number, newCallId: () => string) {
		this.parts = new PartSequencer(choice)
		this.calls = new ToolCallAssembler(this.parts, newCallId)
	}

	get callCount(): number {
		return this.calls.count
	}

	add(type: StartedText['type'], delta: Pick<PartDeltaEvent, 'text' | 'logprobs'>, into: ChatEvent[]): void {
		let { content } = this
		if (content?.type !== type) {
			this.endContent(into)
			content = { type }
			this.content = content
			this.calls.endWhole(into)
			this.parts.start(content, content, into)
		}
		this.parts.delta(content, delta, into)
	}

	/** @param value a fragment of a call. @throws ChatError `upstream-failed` if the calls are too large. */
	addCall(value: unknown, into: ChatEvent[]): void {
		const { count } = this.calls
		this.calls.read(value, into)
		if (this.calls.count > count) this.endContent(into)
		else if (this.content !== undefined) this.calls.endWhole(into)
	}

	/** @throws ChatError `upstream-failed` for a call without a name. */
	endAll(into: ChatEvent[]): void {
		this.calls.endAll(into)
		this.parts.endAll(into)
		this.content = undefined
	}

	private endContent(into: ChatEvent[]): void {
		if (this.content !== undefined) this.parts.end(this.content, {}, into)
		this.content = undefined
	}
}
