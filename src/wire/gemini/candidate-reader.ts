// What one candidate says: texts, thoughts and calls in the order they come. It does not know of other candidates.

import { ChatError } from '../../chat/error.ts'
import type { ChatEvent, FinishReason } from '../../chat/event.ts'
import { field, isObject, listField, textField } from '../openai/fields.ts'
import { geminiWire } from './formats.ts'
import { readLogprobs } from './logprobs-reader.ts'

export interface CandidateReading {
	readonly index: number
	/** The request named the tool to call: then `stop` is how a call ends, as at OpenAI. */
	readonly namedTool: boolean
	/** One call at a time was asked for; the wire has no such switch, so further ones are left for the next turn. */
	readonly oneCall: boolean
	/** An id for a call that the upstream gave none. */
	readonly newCallId: () => string
}

const maxCalls = 1000

export class CandidateReader {
	private readonly reading: CandidateReading
	private readonly ids = new Set<string>()
	private calls = 0
	/** Thoughts were told that no signature closed yet. */
	private thinking = false
	private isClosed = false

	constructor(reading: CandidateReading) {
		this.reading = reading
	}

	get closed(): boolean {
		return this.isClosed
	}

	/** @throws ChatError `upstream-failed` for a call without a name, calls without end, and answers that are no text. */
	read(candidate: unknown): readonly ChatEvent[] {
		const events: ChatEvent[] = []
		for (const part of listField(field(candidate, 'content'), 'parts')) this.readPart(part, events)
		const logprobs = readLogprobs(field(candidate, 'logprobsResult'))
		if (logprobs.length === 0) return events
		const place = events.findLastIndex(({ type }) => type === 'text')
		const text = events[place]
		if (text?.type === 'text') events[place] = { ...text, logprobs }
		else events.push({ type: 'text', choice: this.reading.index, text: '', logprobs })
		return events
	}

	/** An empty text. */
	keepSilent(): readonly ChatEvent[] {
		return [{ type: 'text', choice: this.reading.index, text: '' }]
	}

	/** A second time says nothing. */
	close(reason: FinishReason): readonly ChatEvent[] {
		if (this.isClosed) return []
		this.isClosed = true
		const calling = this.calls > 0 && reason === 'stop' && !this.reading.namedTool
		return [{ type: 'choice-finish', choice: this.reading.index, reason: calling ? 'tool-calls' : reason }]
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
		const spoken = text ?? readCode(part)
		if (spoken !== undefined) events.push({ type: 'text', choice, text: spoken })
		else if (isObject(field(part, 'inlineData')))
			throw new ChatError('upstream-failed', 'The upstream answered with something other than text.', { sent: 'yes' })
	}

	/** A signature stands for the thoughts before it; where none were told it is all there is of them. */
	private sign(value: string, events: ChatEvent[]): void {
		events.push({
			type: 'reasoning',
			choice: this.reading.index,
			text: '',
			proof: { wire: geminiWire, value },
			...(this.thinking ? {} : { sealed: true }),
		})
		this.thinking = false
	}

	private readCall(called: unknown, signature: string | undefined, events: ChatEvent[]): void {
		if (this.reading.oneCall && this.calls > 0) return
		const name = textField(called, 'name')
		if (name === undefined)
			throw new ChatError('upstream-failed', 'The model called a tool without naming it.', { sent: 'yes' })
		if (this.calls >= maxCalls)
			throw new ChatError('upstream-failed', 'The model called tools without end.', { sent: 'yes' })
		const place = { choice: this.reading.index, call: this.calls++ }
		const args = field(called, 'args')
		events.push(
			{
				type: 'tool-call',
				...place,
				kind: 'function',
				id: this.uniqueId(textField(called, 'id')),
				name,
				...(signature === undefined ? {} : { proof: { wire: geminiWire, value: signature } }),
			},
			{ type: 'tool-arguments', ...place, fragment: isObject(args) ? JSON.stringify(args) : '{}' },
		)
	}

	private uniqueId(id: string | undefined): string {
		const unique = id === undefined || this.ids.has(id) ? this.reading.newCallId() : id
		this.ids.add(unique)
		return unique
	}
}

/** Code that the upstream ran by itself, and what came of it, as a reader of the answer would want to see it. */
function readCode(part: unknown): string | undefined {
	const code = textField(field(part, 'executableCode'), 'code')
	if (code !== undefined) return `\n\`\`\`python\n${code}\n\`\`\`\n`
	const output = textField(field(part, 'codeExecutionResult'), 'output')
	return output === undefined ? undefined : `\n\`\`\`\n${output}\n\`\`\`\n`
}
