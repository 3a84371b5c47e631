// The parts of one choice of an answer, in order: content that streams, parts that arrive whole, and tool calls from
// fragments. What arrives inside the arguments of a call is held until the call is whole. It does not know the fields of
// the wire.

import type { ChatEvent, PartDeltaEvent, StartedPart, StartedText } from '../../chat/event.ts'
import { PartSequencer } from '../../chat/part-sequencer.ts'
import { mergeRest, type Rest } from '../../chat/rest.ts'
import { type CallFields, ToolCallAssembler } from '../json/tool-call-assembler.ts'

interface OpenContent extends StartedText {
	rest: Rest | undefined
}

/** Methods append events to `into`. */
export class ChoiceParts {
	private readonly parts: PartSequencer<object>
	private readonly calls: ToolCallAssembler
	/** The part that new content belongs to, if it has the same type. Nothing began after it. */
	private content: OpenContent | undefined

	/**
	 * @param newCallId creates an id for a call that has none from the upstream.
	 * @param readCallFields reads the fields of a fragment of a call that are not the call's own.
	 */
	constructor(choice: number, newCallId: () => string, readCallFields: (call: unknown) => CallFields) {
		this.parts = new PartSequencer(choice)
		this.calls = new ToolCallAssembler(this.parts, newCallId, readCallFields)
	}

	get callCount(): number {
		return this.calls.count
	}

	/** Continues the last part if it has this type, otherwise it starts one. @param rest unknown fields of the part. */
	add(
		type: StartedText['type'],
		delta: Pick<PartDeltaEvent, 'text' | 'logprobs'>,
		into: ChatEvent[],
		rest?: Rest | undefined,
	): void {
		let { content } = this
		if (content?.type !== type) {
			content = { type, rest: undefined }
			this.begin(content, { type }, into)
			this.content = content
		}
		this.parts.delta(content, delta, into)
		if (rest !== undefined) content.rest = mergeRest(content.rest, rest)
	}

	/** @param part that arrives in one piece. */
	addWhole(part: Exclude<StartedPart, StartedText | { readonly type: 'tool-call' }>, into: ChatEvent[]): void {
		const key = {}
		this.begin(key, part, into)
		this.parts.end(key, {}, into)
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
		this.endContent(into)
		this.calls.endAll(into)
		this.parts.endAll(into)
	}

	private begin(key: object, part: StartedPart, into: ChatEvent[]): void {
		this.endContent(into)
		this.calls.endWhole(into)
		this.parts.start(key, part, into)
	}

	private endContent(into: ChatEvent[]): void {
		if (this.content !== undefined) this.parts.end(this.content, { rest: this.content.rest }, into)
		this.content = undefined
	}
}
