// The fields of an upstream's answer that are not understood, and how they are added to what is written for the same
// events: every unknown field reaches a client of this wire once. It does not know how answers are read or written.

import { isObject, type JsonObject } from '../../chat/json.ts'
import { exactMembers } from '../../chat/json-text.ts'
import { type Rest, restOf } from '../../chat/rest.ts'
import { asList } from '../json/fields.ts'
import { readImageList } from './answer-content.ts'
import type { SentObject } from './chunk.ts'
import { openaiWire } from './formats.ts'

/** Fields that events represent, or that the writer writes itself. */
export const knownFields = {
	answer: new Set(['id', 'object', 'created', 'model', 'choices', 'usage', 'error']),
	choice: new Set(['index', 'delta', 'message', 'finish_reason', 'logprobs', 'usage']),
	message: new Set(['role', 'content', 'refusal', 'tool_calls', 'function_call', 'reasoning', 'reasoning_content']),
	logprobs: new Set(['content', 'refusal']),
	token: new Set(['token', 'logprob', 'bytes', 'top_logprobs']),
} as const satisfies Readonly<Record<string, ReadonlySet<string>>>

/** Fields that describe the content of their chunk, and need no chunk without content. */
const ambientFields: ReadonlySet<string> = new Set(['service_tier', 'system_fingerprint', 'obfuscation', 'provider'])

const noFields: SentObject = {}

/** Whether `sent` has other fields than `known`. */
export function hasUnknown(sent: SentObject | undefined, known: ReadonlySet<string>): boolean {
	for (const name in sent) if (!known.has(name)) return true
	return false
}

/** Whether `sent` has an unknown field that needs a chunk of its own. */
export function hasOwnContent(sent: SentObject | undefined, known: ReadonlySet<string>): boolean {
	for (const name in sent) if (!known.has(name) && !ambientFields.has(name) && !isEmpty(sent[name])) return true
	return false
}

/** The unknown fields of a message or delta. A list of images is only known in the form that parts represent. */
function unknownMessageFields(sent: SentObject): SentObject {
	const unknown = unknownFields(sent, knownFields.message)
	if (readImageList(sent.images) === undefined) return unknown
	const { images: _, ...others } = unknown
	return others
}

/**
 * The unknown fields of a message or delta as they are stored. Audio is stored by its id, by which it is referred to in
 * the next turn.
 */
export function readMessageRest(sent: SentObject): Rest | undefined {
	const fields: Record<string, unknown> = {}
	for (const [name, value] of Object.entries(unknownMessageFields(sent))) {
		if (isEmpty(value)) continue
		if (name !== 'audio' || !isObject(value)) fields[name] = value
		else if (value.id !== undefined) fields.audio = { id: value.id }
	}
	return restOf(openaiWire, fields as JsonObject)
}

/** Servers write fields that they do not use as null, as an empty text or as an empty list. */
export function isEmpty(value: unknown): boolean {
	return (value ?? null) === null || value === '' || (Array.isArray(value) && value.length === 0)
}

/** A choice that we wrote: of an answer, with a `message`, or of a chunk, with a `delta`. */
export interface WrittenChoice {
	readonly index: number
	readonly message?: object
	readonly delta?: object
	readonly logprobs?: unknown
}

/** An answer or a chunk, with the unknown fields of the one that was sent. */
export function withAnswerFields<Written extends object>(written: Written, sent: SentObject): Written {
	return { ...written, ...exactMembers(written), ...unknownFields(sent, knownFields.answer) }
}

/** A choice with the unknown fields of the one that was sent: its own, those of its message or delta, and of its tokens. */
export function withChoiceFields(written: WrittenChoice, sent: SentObject): WrittenChoice {
	const theirs = isObject(sent.delta) ? sent.delta : isObject(sent.message) ? sent.message : noFields
	const { message, delta } = written
	const unknown = unknownMessageFields(theirs)
	return {
		...written,
		...exactMembers(written),
		...(message === undefined ? {} : { message: { ...exactMembers(message), ...unknown } }),
		...(delta === undefined ? {} : { delta: { ...exactMembers(delta), ...unknown } }),
		...(isObject(sent.logprobs) ? { logprobs: withLogprobFields(written.logprobs, sent.logprobs) } : {}),
		...unknownFields(sent, knownFields.choice),
	}
}

/** The tokens that we wrote are those that were sent, unless the content was held back. */
function withLogprobFields(written: unknown, sent: SentObject): unknown {
	const theirs = asList(sent.content)
	if (!isObject(written)) {
		const isOwn = hasUnknown(sent, knownFields.logprobs) || !isEmpty(sent.refusal)
		return theirs.length === 0 && isOwn ? { content: null, refusal: null, ...exactMembers(sent) } : written
	}
	const ours = asList(written.content)
	if (ours.length !== theirs.length) return written
	return {
		...written,
		content: ours.map((token, index) => withTokenFields(token, theirs[index])),
		...(isEmpty(sent.refusal) ? {} : { refusal: sent.refusal }),
		...unknownFields(sent, knownFields.logprobs),
	}
}

function withTokenFields(ours: unknown, theirs: unknown): unknown {
	if (!isObject(ours) || !isObject(theirs)) return ours
	const top = Array.isArray(ours.top_logprobs)
		? { top_logprobs: ours.top_logprobs.map((one, index) => withTokenFields(one, asList(theirs.top_logprobs)[index])) }
		: {}
	return { ...exactMembers(ours), ...top, ...unknownFields(theirs, knownFields.token) }
}

function unknownFields(sent: SentObject, known: ReadonlySet<string>): SentObject {
	if (!hasUnknown(sent, known)) return noFields
	return Object.fromEntries(Object.entries(exactMembers(sent)).filter(([name]) => !known.has(name)))
}
