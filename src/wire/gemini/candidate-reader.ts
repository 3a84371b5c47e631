// Reads the content of one candidate: text, thoughts and tool calls, in order. It does not know the other candidates.

import { ChatError } from '../../chat/error.ts'
import type { ChatEvent } from '../../chat/event.ts'
import { isObject } from '../../chat/json.ts'
import { exactMembers, stringifyJson } from '../../chat/json-text.ts'
import { field, listField, textField } from '../json/fields.ts'
import { finishReasonWith, type ReportedFinish } from '../json/finish-reason.ts'
import { unnamedCall } from '../json/tool-call-assembler.ts'
import { geminiWire } from './formats.ts'
import { readLogprobs } from './logprobs-reader.ts'

export interface CandidateReading {
	readonly index: number
	/** The request named the tool to call. The finish reason of a call is then `stop`, as in OpenAI's API. */
	readonly namedTool: boolean
	/** Parallel calls are disabled. The wire has no such option, so calls after the first are dropped. */
	readonly oneCall: boolean
	/** Creates an id for a call without one. */
	readonly newCallId: () => string
}

const maxCalls = 1000

/** A call whose arguments may continue in parts without a name. */
interface ContinuableCall {
	readonly id: string | undefined
	readonly name: string
	args: Readonly<Record<string, unknown>>
	signature: string | undefined
}

export class CandidateReader {
	private readonly reading: CandidateReading
	private readonly ids = new Set<string>()
	private calls = 0
	private openCall: ContinuableCall | undefined
	/** The last call was dropped, and so are its continuations. */
	private isDropping = false
	/** Thoughts were emitted and no signature has closed them yet. */
	private thinking = false
	private reason: ReportedFinish | undefined
	/** Without a reason, or with content after it. */
	private isOpen = true

	constructor(reading: CandidateReading) {
		this.reading = reading
	}

	get hasEnded(): boolean {
		return !this.isOpen
	}

	/** @throws ChatError `upstream-failed` for a call without a name, too many calls, and content other than text. */
	read(candidate: unknown): readonly ChatEvent[] {
		const events: ChatEvent[] = []
		const parts = listField(field(candidate, 'content'), 'parts')
		for (const part of parts) this.readPart(part, events)
		if (events.length > 0 || this.openCall !== undefined) this.isOpen = true
		const logprobs = readLogprobs(field(candidate, 'logprobsResult'))
		if (logprobs.length === 0) return events
		const last = events.findLastIndex(({ type }) => type === 'text')
		const text = events[last]
		if (text?.type === 'text') events[last] = { ...text, logprobs }
		else events.push({ type: 'text', choice: this.reading.index, text: '', logprobs })
		return events
	}

	/** An empty text event. */
	emptyText(): readonly ChatEvent[] {
		return [{ type: 'text', choice: this.reading.index, text: '' }]
	}

	/** Records the reason of the choice's end. The last one counts, because some servers send one in each chunk. */
	finish(reason: ReportedFinish): void {
		this.reason = reason
		this.isOpen = false
	}

	/** Ends the choice with its last reason. */
	close(): readonly ChatEvent[] {
		const { index, namedTool } = this.reading
		const reason = this.reason ?? 'stop'
		const events: ChatEvent[] = []
		this.endCall(events)
		events.push({ type: 'choice-finish', choice: index, reason: finishReasonWith(this.calls, reason, namedTool) })
		return events
	}

	private readPart(part: unknown, events: ChatEvent[]): void {
		const choice = this.reading.index
		const text = textField(part, 'text')
		const signature = textField(part, 'thoughtSignature')
		const call = field(part, 'functionCall')
		if (isObject(call)) {
			this.readCall(call, signature, events)
			return
		}
		const content = text ?? readCode(part)
		if (content !== undefined || signature !== undefined) this.endCall(events)
		if (field(part, 'thought') === true) {
			if (text !== undefined) events.push({ type: 'reasoning', choice, text })
			this.thinking = this.thinking || text !== undefined
		}
		if (signature !== undefined) this.sign(signature, events)
		if (field(part, 'thought') === true) return
		if (content !== undefined) events.push({ type: 'text', choice, text: content })
		else if (isObject(field(part, 'inlineData')))
			throw new ChatError('upstream-failed', 'The upstream returned content other than text.', { sent: 'yes' })
	}

	/** A signature covers the thoughts before it. Without any, it contains the reasoning itself. */
	private sign(value: string, events: ChatEvent[]): void {
		events.push({
			type: 'reasoning',
			choice: this.reading.index,
			text: '',
			proof: { wire: geminiWire, value },
			sealed: this.thinking ? undefined : true,
		})
		this.thinking = false
	}

	/** A part without a name continues the call before it. */
	private readCall(called: unknown, signature: string | undefined, events: ChatEvent[]): void {
		const name = textField(called, 'name')
		const given = field(called, 'args')
		const args = isObject(given) ? given : {}
		if (name === undefined) {
			if (this.isDropping) return
			if (this.openCall === undefined) throw unnamedCall()
			this.openCall.args = { ...exactMembers(this.openCall.args), ...exactMembers(args) }
			this.openCall.signature ??= signature
			return
		}
		this.endCall(events)
		this.isDropping = this.reading.oneCall && this.calls > 0
		if (this.isDropping) return
		if (this.calls >= maxCalls)
			throw new ChatError('upstream-failed', `The model made more than ${maxCalls} tool calls.`, { sent: 'yes' })
		this.openCall = { id: textField(called, 'id'), name, args, signature }
	}

	private endCall(events: ChatEvent[]): void {
		if (this.openCall === undefined) return
		const { id, name, args, signature } = this.openCall
		this.openCall = undefined
		const call = { choice: this.reading.index, call: this.calls++ }
		const proof = signature === undefined ? undefined : { wire: geminiWire, value: signature }
		events.push(
			{ type: 'tool-call', ...call, kind: 'function', id: this.uniqueId(id), name, proof },
			{ type: 'tool-arguments', ...call, fragment: stringifyJson(args) },
		)
	}

	private uniqueId(id: string | undefined): string {
		const unique = id === undefined || this.ids.has(id) ? this.reading.newCallId() : id
		this.ids.add(unique)
		return unique
	}
}

/** Code that the upstream executed, or its output, as a Markdown code block. */
function readCode(part: unknown): string | undefined {
	const code = textField(field(part, 'executableCode'), 'code')
	if (code !== undefined) return `\n\`\`\`python\n${code}\n\`\`\`\n`
	const output = textField(field(part, 'codeExecutionResult'), 'output')
	return output === undefined ? undefined : `\n\`\`\`\n${output}\n\`\`\`\n`
}
