// Assembles the tool calls of one choice from fragments in OpenAI's form. It does not know the wire, nor what else the
// choice contains: PartSequencer puts the calls in order. Observed deviations: servers omit indexes or start them at 1,
// repeat ids and names in each delta, split names, put two calls under one index, interleave calls, send an empty object
// before the arguments, and send arguments as an object or not at all.

import { isDeepStrictEqual } from 'node:util'
import type { ChatEvent, StartedToolCall } from '../../chat/event.ts'
import { isObject } from '../../chat/json.ts'
import { stringifyJson } from '../../chat/json-text.ts'
import type { PartSequencer } from '../../chat/part-sequencer.ts'
import { mergeRest, type Rest, restFor, restOf } from '../../chat/rest.ts'
import { CallIds } from './call-ids.ts'
import { countField, field, textField } from './fields.ts'
import { callsTooLarge, maxArgumentsLength, maxCalls, unnamedCall } from './tool-call-limits.ts'

interface OpenCall {
	readonly index: number | undefined
	readonly kind: 'function' | 'custom'
	id: string | undefined
	/** May arrive in pieces until the arguments begin. A call starts once its name is complete. */
	name: string | undefined
	/** All arguments received so far. */
	text: string
	/** How many characters of `text` were emitted. */
	emittedLength: number
	started: boolean
	/** What its start has. */
	readonly fields: MutableCallFields
	/** What arrived after its start. */
	readonly laterFields: MutableCallFields
}

/** What a call has beside its kind, id, name and arguments. */
export type CallFields = Pick<StartedToolCall, 'signature' | 'rest'>

type MutableCallFields = { -readonly [Name in keyof CallFields]: CallFields[Name] }

const noCallFields: CallFields = {}

interface Delta {
	readonly index: number | undefined
	readonly id: string | undefined
	readonly kind: 'function' | 'custom'
	readonly name: string | undefined
	readonly fragment: string
}

/** Methods append events to `into`. */
export class ToolCallAssembler {
	private readonly parts: PartSequencer<object>
	private readonly readFields: (value: unknown) => CallFields
	private readonly calls: OpenCall[] = []
	/** The calls that have not ended, in order. */
	private open: readonly OpenCall[] = []
	private readonly ids: CallIds

	/**
	 * @param parts of the choice. The calls are its keys.
	 * @param newId creates an id for a call that has none of its own.
	 * @param readFields reads what a fragment has beside the call's own fields.
	 */
	constructor(
		parts: PartSequencer<object>,
		newId: () => string,
		readFields: (value: unknown) => CallFields = () => noCallFields,
	) {
		this.parts = parts
		this.ids = new CallIds(newId)
		this.readFields = readFields
	}

	get count(): number {
		return this.calls.length
	}

	/**
	 * Ends the calls that are whole and followed by another one.
	 *
	 * @throws ChatError `upstream-failed` if the number of calls or the length of arguments exceeds its limit.
	 */
	read(value: unknown, into: ChatEvent[]): void {
		const delta = readDelta(value)
		const call = this.find(delta) ?? this.add(delta)
		call.id ??= delta.id
		call.name = wholeName(call, delta.name)
		call.text += delta.fragment
		this.addFields(call, value)
		if (call.emittedLength === 0 && call.kind === 'function') call.text = call.text.replace(replacedObject, '')
		if (call.text.length > maxArgumentsLength) throw callsTooLarge()
		if (call.name !== undefined && call.text !== '') {
			this.start(call, into)
			if (!mayChange(call)) this.emitText(call, into)
		}
		if (this.open.length > 1) this.endWhole(into, this.calls.at(-1))
	}

	/**
	 * Ends the calls whose arguments are whole, because something else follows. The others stay open: their arguments may
	 * continue.
	 */
	endWhole(into: ChatEvent[], except?: object): void {
		for (const call of this.open) {
			// Free text does not show its end.
			const ends = call !== except && call.started && call.kind === 'function' && !mayChange(call)
			if (ends && isWhole(call.text)) this.end(call, into)
		}
	}

	/** Ends all calls. @throws ChatError `upstream-failed` for a call without a name. */
	endAll(into: ChatEvent[]): void {
		for (const call of this.open) {
			if (call.name === undefined) throw unnamedCall()
			if (call.kind === 'function' && call.text.trim() === '') call.text += '{}'
			this.start(call, into)
			this.emitText(call, into)
			this.end(call, into)
		}
	}

	private find(delta: Delta): OpenCall | undefined {
		const call = this.candidate(delta)
		if (call === undefined || delta.name === undefined) return call
		if (delta.id !== undefined && delta.id === call.id) return call
		return startsAnother(delta, call) ? undefined : call
	}

	private candidate({ index, id }: Delta): OpenCall | undefined {
		if (index !== undefined) return this.calls.findLast((call) => call.index === index)
		return this.calls.find((call) => id !== undefined && call.id === id) ?? this.calls.at(-1)
	}

	private add({ index, kind }: Delta): OpenCall {
		if (this.calls.length >= maxCalls) throw callsTooLarge()
		const call: OpenCall = {
			index,
			kind,
			id: undefined,
			name: undefined,
			text: '',
			emittedLength: 0,
			started: false,
			fields: {},
			laterFields: {},
		}
		this.calls.push(call)
		this.open = [...this.open, call]
		this.parts.reserve(call)
		return call
	}

	private start(call: OpenCall, into: ChatEvent[]): void {
		if (call.started) return
		call.started = true
		const { kind, name = '', fields } = call
		this.parts.start(call, { type: 'tool-call', kind, id: this.ids.unique(call.id), name, ...fields }, into)
	}

	/** Servers repeat fields in each fragment, so only what differs is added. */
	private addFields(call: OpenCall, value: unknown): void {
		const { signature, rest } = this.readFields(value)
		const target = call.started ? call.laterFields : call.fields
		if (signature !== undefined && !isDeepStrictEqual(signature, call.fields.signature)) target.signature = signature
		const piece =
			rest === undefined ? undefined : withoutRepeated(rest, mergeRest(call.fields.rest, call.laterFields.rest))
		if (piece !== undefined) target.rest = mergeRest(target.rest, piece)
	}

	private emitText(call: OpenCall, into: ChatEvent[]): void {
		if (call.emittedLength === call.text.length) return
		this.parts.delta(call, { text: call.text.slice(call.emittedLength) }, into)
		call.emittedLength = call.text.length
	}

	private end(call: OpenCall, into: ChatEvent[]): void {
		this.parts.end(call, call.laterFields, into)
		this.open = this.open.filter((one) => one !== call)
	}
}

function withoutRepeated({ wire, fields }: Rest, earlier: Rest | undefined): Rest | undefined {
	const known = restFor(wire, earlier)
	const others = Object.entries(fields).filter(([name, value]) => !isDeepStrictEqual(value, known[name]))
	return restOf(wire, Object.fromEntries(others))
}

function readDelta(value: unknown): Delta {
	const custom = field(value, 'custom')
	const kind = field(value, 'type') === 'custom' || isObject(custom) ? 'custom' : 'function'
	const called = kind === 'custom' ? custom : field(value, 'function')
	const text = field(called, kind === 'custom' ? 'input' : 'arguments')
	return {
		index: countField(value, 'index'),
		id: textField(value, 'id'),
		kind,
		name: textField(called, 'name'),
		fragment: typeof text === 'string' ? text : isObject(text) ? stringifyJson(text) : '',
	}
}

/** Empty objects before the arguments proper. */
const replacedObject = /^(?:\s*\{\s*\})+\s*(?=\{)/
/** An empty object, or the beginning of one. */
const emptyObject = /^\s*(?:\{\s*(?:\}\s*)?)?$/
/** Longer text is no empty object, only white space of a model that repeats itself. */
const maxEmptyObjectLength = 64

/** Whether the arguments so far may be an empty object in front of others. */
function mayChange({ kind, text, emittedLength }: OpenCall): boolean {
	return kind === 'function' && emittedLength === 0 && text.length <= maxEmptyObjectLength && emptyObject.test(text)
}

/** The name after one more piece of it, which may also be a repetition of the whole. */
function wholeName({ name, text }: OpenCall, piece: string | undefined): string | undefined {
	if (name === undefined || piece === undefined) return name ?? piece
	if (text !== '' || piece === name) return name
	return piece.startsWith(name) ? piece : name + piece
}

/**
 * Whether a delta with a name, but without the id of `call`, starts another call rather than repeating the current one.
 */
function startsAnother(delta: Delta, call: OpenCall): boolean {
	if (call.name === undefined) return false
	// A delta without an id continues a call that has one: its name is a piece of the name.
	if (delta.name !== call.name) return delta.id !== undefined || call.id === undefined || call.text !== ''
	if (delta.id !== undefined && call.id !== undefined)
		// Some servers create an id for each delta. Calls without arguments are several only if no arguments begin here.
		return call.text === '' ? delta.fragment === '' || isWhole(delta.fragment) : isComplete(call)
	return delta.fragment !== '' && isComplete(call)
}

/** Arguments of a function are one JSON object, so they show when they are complete. */
function isComplete(call: OpenCall): boolean {
	if (call.kind === 'custom') return call.text !== ''
	return isWhole(call.text)
}

function isWhole(text: string): boolean {
	if (!text.trimEnd().endsWith('}')) return false
	try {
		JSON.parse(text)
		return true
	} catch {
		return false
	}
}
