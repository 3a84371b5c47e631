// Reads the content of one candidate: text, thoughts and tool calls, in order. It does not know the other candidates.

import { ChatError } from '../../chat/error.ts'
import type { ChatEvent } from '../../chat/event.ts'
import { isObject } from '../../chat/json.ts'
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

export class CandidateReader {
	private readonly reading: CandidateReading
	private readonly ids = new Set<string>()
	private calls = 0
	/** Thoughts were emitted and no signature has closed them yet. */
	private thinking = false
	private isClosed = false

	constructor(reading: CandidateReading) {
		this.reading = reading
	}

	get closed(): boolean {
		return this.isClosed
	}

	/** @throws ChatError `upstream-failed` for a call without a name, too many calls, and content other than text. */
	read(candidate: unknown): readonly ChatEvent[] {
		const events: ChatEvent[] = []
		for (const part of listField(field(candidate, 'content'), 'parts')) this.readPart(part, events)
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

	/** Finishes the choice. Idempotent. */
	close(reason: ReportedFinish): readonly ChatEvent[] {
		if (this.isClosed) return []
		this.isClosed = true
		const { index, namedTool } = this.reading
		return [{ type: 'choice-finish', choice: index, reason: finishReasonWith(this.calls, reason, namedTool) }]
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
		if (field(part, 'thought') === true) {
			if (text !== undefined) events.push({ type: 'reasoning', choice, text })
			this.thinking = this.thinking || text !== undefined
		}
		if (signature !== undefined) this.sign(signature, events)
		if (field(part, 'thought') === true) return
		const content = text ?? readCode(part)
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

	private readCall(called: unknown, signature: string | undefined, events: ChatEvent[]): void {
		if (this.reading.oneCall && this.calls > 0) return
		const name = textField(called, 'name')
		if (name === undefined) throw unnamedCall()
		if (this.calls >= maxCalls)
			throw new ChatError('upstream-failed', `The model made more than ${maxCalls} tool calls.`, { sent: 'yes' })
		const call = { choice: this.reading.index, call: this.calls++ }
		const args = field(called, 'args')
		events.push(
			{
				type: 'tool-call',
				...call,
				kind: 'function',
				id: this.uniqueId(textField(called, 'id')),
				name,
				proof: signature === undefined ? undefined : { wire: geminiWire, value: signature },
			},
			{ type: 'tool-arguments', ...call, fragment: isObject(args) ? JSON.stringify(args) : '{}' },
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
