// Reads the content of one candidate into parts, in order. It does not know the other candidates.
//
// A signature is the signature of the reasoning or the call that its part contains. One on any other part follows that
// part as encrypted reasoning, because clients return encrypted reasoning, and text has no signature. If the part that
// held it is an empty text after another part, the rest of the reasoning has that text.

import { ChatError } from '../../chat/error.ts'
import type { ChatEvent, StartedPart } from '../../chat/event.ts'
import { isObject, type JsonObject } from '../../chat/json.ts'
import { exactMembers, stringifyJson } from '../../chat/json-text.ts'
import type { Signature } from '../../chat/message.ts'
import { type PartEnd, PartSequencer } from '../../chat/part-sequencer.ts'
import { mergeRest, type Rest } from '../../chat/rest.ts'
import { CallIds } from '../json/call-ids.ts'
import { field, listField, textField } from '../json/fields.ts'
import { finishReasonWith, type ReportedFinish } from '../json/finish-reason.ts'
import { maxCalls, unnamedCall } from '../json/tool-call-limits.ts'
import { showExecutedCode } from './executed-code.ts'
import { geminiWire } from './formats.ts'
import { mergeCandidateRest, readRest } from './gemini-rest.ts'
import { readLogprobs } from './logprobs-reader.ts'
import { readMedia } from './media.ts'
import { addPartialArguments } from './partial-arguments.ts'

export interface CandidateReading {
	readonly index: number
	/** The request named the tool to call. The finish reason of a call is then `stop`, as in OpenAI's API. */
	readonly namedTool: boolean
	/** Parallel calls are disabled. The wire has no such option, so calls after the first are dropped. */
	readonly oneCall: boolean
	/** Creates an id for a call without one. */
	readonly newCallId: () => string
	/** `Signature.origin` of the signatures. */
	readonly origin?: string | undefined
}

/** Text or thoughts that the next chunk may continue. */
interface OpenPiece {
	readonly type: 'text' | 'reasoning'
	/** The number of the last chunk with a piece of it. */
	chunk: number
	signature: string | undefined
	rest: Rest | undefined
}

/** A call whose arguments may continue in parts without a name. */
interface ContinuableCall {
	readonly id: string | undefined
	readonly name: string
	args: JsonObject
	signature: string | undefined
	rest: Rest | undefined
}

export class CandidateReader {
	private readonly reading: CandidateReading
	private readonly parts: PartSequencer<object>
	private readonly ids: CallIds
	private calls = 0
	private openPart: OpenPiece | undefined
	private openCall: ContinuableCall | undefined
	/** The last call was dropped, and so are its continuations. */
	private isDropping = false
	/** The type of the last part. */
	private last: StartedPart['type'] | undefined
	private chunk = 0
	/** Of tokens without text, while a call is open. */
	private logprobs: ReturnType<typeof readLogprobs> = []
	private rest: Rest | undefined
	private reason: ReportedFinish | undefined
	/** Without a reason, or with content after it. */
	private isOpen = true

	constructor(reading: CandidateReading) {
		this.reading = reading
		this.parts = new PartSequencer(reading.index)
		this.ids = new CallIds(reading.newCallId)
	}

	get hasEnded(): boolean {
		return !this.isOpen
	}

	/** @throws ChatError `upstream-failed` for a call without a name, and for too many calls. */
	read(candidate: unknown): readonly ChatEvent[] {
		const events: ChatEvent[] = []
		this.chunk++
		for (const part of listField(field(candidate, 'content'), 'parts')) this.readPart(part, events)
		if (events.some(isContent) || this.openCall !== undefined) this.isOpen = true
		this.logprobs = [...this.logprobs, ...readLogprobs(field(candidate, 'logprobsResult'))]
		if (this.logprobs.length > 0) this.addLogprobs(events)
		this.rest = mergeCandidateRest(this.rest, readRest(candidate, knownCandidateFields))
		return events
	}

	/** An empty text. None if the choice has content. */
	begin(): readonly ChatEvent[] {
		const events: ChatEvent[] = []
		if (this.last === undefined) this.addPart({ type: 'text' }, '', {}, events)
		return events
	}

	/** Records the reason of the choice's end. The last one counts, because some servers send one in each chunk. */
	finish(reason: ReportedFinish): void {
		this.reason = reason
		this.isOpen = false
	}

	/** Ends the choice with its last reason. */
	close(): readonly ChatEvent[] {
		const { index: choice, namedTool } = this.reading
		const events: ChatEvent[] = []
		this.endPart(events)
		if (this.logprobs.length > 0) this.addLogprobs(events)
		this.endPart(events)
		if (this.rest !== undefined) events.push({ type: 'rest', choice, rest: this.rest })
		events.push({
			type: 'choice-finish',
			choice,
			reason: finishReasonWith(this.calls, this.reason ?? 'stop', namedTool),
		})
		return events
	}

	private readPart(part: unknown, events: ChatEvent[]): void {
		const signature = textField(part, 'thoughtSignature')
		const call = field(part, 'functionCall')
		if (isObject(call)) {
			this.readCall(part, call, signature, events)
			return
		}
		const type = field(part, 'thought') === true ? 'reasoning' : 'text'
		const text = field(part, 'text')
		const rest = readRest(part, knownPartFields)
		if (typeof text === 'string' || rest === undefined) this.readText(type, String(text ?? ''), signature, rest, events)
		else this.readOther(type, rest, signature, events)
	}

	private readText(
		type: OpenPiece['type'],
		text: string,
		signature: string | undefined,
		rest: Rest | undefined,
		events: ChatEvent[],
	): void {
		if (text === '' && signature === undefined && rest === undefined) return
		if (type === 'text' && text === '' && signature !== undefined) {
			this.endPart(events)
			const follows = this.last !== undefined && this.last !== 'reasoning' && this.last !== 'tool-call'
			this.addSignature(signature, follows ? mergeRest(emptyText, rest) : rest, events)
			return
		}
		const open =
			this.openPart !== undefined && this.continues(this.openPart, type, signature, rest)
				? this.openPart
				: this.startPiece(type, events)
		open.chunk = this.chunk
		open.signature ??= signature
		open.rest = mergeRest(open.rest, rest)
		if (text !== '') this.parts.delta(open, { text }, events)
	}

	/**
	 * Whether a part is a piece of the open one. Parts of one chunk are pieces only if nothing but their text would
	 * be merged.
	 */
	private continues(
		open: OpenPiece,
		type: OpenPiece['type'],
		signature: string | undefined,
		rest: Rest | undefined,
	): boolean {
		if (open.type !== type) return false
		if (open.signature !== undefined && (type === 'reasoning' || signature !== undefined)) return false
		const isPlain = (signature ?? rest ?? open.signature ?? open.rest) === undefined
		return isPlain || open.chunk !== this.chunk
	}

	private startPiece(type: OpenPiece['type'], events: ChatEvent[]): OpenPiece {
		this.endPart(events)
		const open = { type, chunk: this.chunk, signature: undefined, rest: undefined }
		this.openPart = open
		this.last = type
		this.parts.start(open, { type }, events)
		return open
	}

	/** A part with neither text nor a call. */
	private readOther(type: OpenPiece['type'], rest: Rest, signature: string | undefined, events: ChatEvent[]): void {
		this.endPart(events)
		const code = showExecutedCode(rest.fields)
		if (type === 'text' && code !== undefined) {
			this.addPart({ type }, code, { rest }, events)
			if (signature !== undefined) this.addSignature(signature, undefined, events)
			return
		}
		const item = { ...rest.fields, thought: type === 'reasoning' || undefined }
		const media = type === 'text' ? readMedia(rest) : undefined
		this.addPart(media ?? { type: 'provider-item', wire: geminiWire, item }, '', {}, events)
		if (signature !== undefined) this.addSignature(signature, undefined, events)
	}

	/** A part without a name continues the call before it. */
	private readCall(part: unknown, called: unknown, signature: string | undefined, events: ChatEvent[]): void {
		const name = textField(called, 'name')
		const args = field(called, 'args')
		const given = isObject(args) ? (args as JsonObject) : {}
		const pieces = listField(called, 'partialArgs')
		const own = readRest(called, knownCallFields)
		const nested = own === undefined ? undefined : { ...own, fields: { functionCall: own.fields } }
		const rest = mergeRest(readRest(part, knownPartFields), nested)
		if (name === undefined) {
			if (this.isDropping) return
			if (this.openCall === undefined) throw unnamedCall()
			const merged = { ...exactMembers(this.openCall.args), ...exactMembers(given) } as JsonObject
			this.openCall.args = addPartialArguments(merged, pieces)
			this.openCall.signature ??= signature
			this.openCall.rest = mergeRest(this.openCall.rest, rest)
			return
		}
		this.endPart(events)
		this.isDropping = this.reading.oneCall && this.calls > 0
		if (this.isDropping) return
		if (this.calls >= maxCalls)
			throw new ChatError('upstream-failed', `The model made more than ${maxCalls} tool calls.`, { sent: 'yes' })
		this.openCall = { id: textField(called, 'id'), name, args: addPartialArguments(given, pieces), signature, rest }
	}

	/** Ends the open part or call. */
	private endPart(events: ChatEvent[]): void {
		const { openCall: call, openPart: part } = this
		this.openCall = undefined
		this.openPart = undefined
		if (call !== undefined) this.addCall(call, events)
		if (part === undefined) return
		const { type, signature, rest } = part
		const own = type === 'reasoning' ? this.sign(signature) : undefined
		this.parts.end(part, { signature: own, rest }, events)
		if (type === 'text' && signature !== undefined) this.addSignature(signature, undefined, events)
	}

	private addCall({ id, name, args, signature, rest }: ContinuableCall, events: ChatEvent[]): void {
		this.calls++
		const identity = { id: this.ids.unique(id), name, signature: this.sign(signature), rest }
		this.addPart({ type: 'tool-call', kind: 'function', ...identity }, stringifyJson(args), {}, events)
	}

	/** A signature that belongs to neither a call nor thoughts: encrypted reasoning. */
	private addSignature(value: string, rest: Rest | undefined, events: ChatEvent[]): void {
		this.addPart({ type: 'reasoning' }, '', { signature: this.sign(value), encrypted: true, rest }, events)
	}

	/** A part that arrives in one piece. */
	private addPart(part: StartedPart, text: string, end: PartEnd, events: ChatEvent[]): void {
		this.last = part.type
		this.parts.start(part, part, events)
		if (text !== '') this.parts.delta(part, { text }, events)
		this.parts.end(part, end, events)
	}

	/** Adds `logprobs` to the last text of the chunk, or to an empty text. */
	private addLogprobs(events: ChatEvent[]): void {
		const last = events.findLastIndex((event) => event.type === 'part-delta' && event.part === 'text')
		const text = events[last]
		if (text?.type === 'part-delta') events[last] = { ...text, logprobs: this.logprobs }
		else {
			if (this.openCall !== undefined) return
			const open = this.openPart?.type === 'text' ? this.openPart : this.startPiece('text', events)
			this.parts.delta(open, { text: '', logprobs: this.logprobs }, events)
		}
		this.logprobs = []
	}

	private sign(value: string | undefined): Signature | undefined {
		return value === undefined ? undefined : { wire: geminiWire, value, origin: this.reading.origin }
	}
}

/** Marks the signature of an empty text, so that it is not taken for the signature of the part before it. */
const emptyText: Rest = { wire: geminiWire, fields: { text: '' } }

/** Whether an event has more than a signature, which may follow the finish reason. */
function isContent(event: ChatEvent): boolean {
	return event.type === 'part-delta' || (event.type === 'part-start' && event.part.type !== 'reasoning')
}

const knownCandidateFields: ReadonlySet<string> = new Set(['index', 'content', 'finishReason', 'logprobsResult'])
const knownPartFields: ReadonlySet<string> = new Set(['text', 'thought', 'thoughtSignature', 'functionCall'])
const knownCallFields: ReadonlySet<string> = new Set(['id', 'name', 'args', 'partialArgs', 'willContinue'])
