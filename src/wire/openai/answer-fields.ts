// The fields of an upstream's answer that are not understood, and how they are added to what is written for the same
// events: every unknown field reaches a client of this wire once. It does not know how answers are read or written.

import { isObject, type JsonObject } from '../../chat/json.ts'
import { type Rest, restOf } from '../../chat/rest.ts'
import { asList } from '../json/fields.ts'
import { readImages } from './answer-content.ts'
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

/** Fields of chunks that say nothing without the content of a chunk. */
const ambientFields: ReadonlySet<string> = new Set(['service_tier', 'system_fingerprint', 'obfuscation', 'provider'])

const none: ReadonlySet<string> = new Set()
const noFields: SentObject = {}

export function hasUnknown(sent: SentObject | undefined, known: ReadonlySet<string>): boolean {
	for (const name in sent) if (!known.has(name)) return true
	return false
}

/** Whether `sent` has an unknown field that is worth a chunk of its own. */
export function hasOwnContent(sent: SentObject | undefined, known: ReadonlySet<string>): boolean {
	for (const name in sent) if (!known.has(name) && !ambientFields.has(name) && !isEmpty(sent[name])) return true
	return false
}

/** The unknown fields of a message or delta. A list of images is only known in the form that parts represent. */
export function unknownMessageFields(sent: SentObject): SentObject {
	if (!hasUnknown(sent, knownFields.message)) return noFields
	const hasImages = readImages(sent.images) !== undefined
	return Object.fromEntries(
		Object.entries(sent).filter(([name]) => !knownFields.message.has(name) && !(hasImages && name === 'images')),
	)
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

export function addAnswerFields(written: object, sent: SentObject): void {
	addUnknown(written, sent, knownFields.answer)
}

/** Adds the unknown fields of a choice, its message or delta, and its log-probabilities. */
export function addChoiceFields(written: WrittenChoice, sent: SentObject): void {
	addUnknown(written, sent, knownFields.choice)
	const theirs = isObject(sent.delta) ? sent.delta : sent.message
	const ours = written.message ?? written.delta
	if (ours !== undefined && isObject(theirs)) addUnknown(ours, unknownMessageFields(theirs), none)
	if (isObject(sent.logprobs)) addLogprobFields(written, sent.logprobs)
}

/** The tokens that we wrote are those that were sent, unless the content was held back. */
function addLogprobFields(written: WrittenChoice, sent: SentObject): void {
	if (isObject(written.logprobs)) {
		const [ours, theirs] = [asList(written.logprobs.content), asList(sent.content)]
		if (ours.length !== theirs.length) return
		addUnknown(written.logprobs, sent, knownFields.logprobs)
		if (!isEmpty(sent.refusal)) Reflect.set(written.logprobs, 'refusal', sent.refusal)
		for (const [index, token] of ours.entries()) addTokenFields(token, theirs[index])
	} else if (asList(sent.content).length === 0 && (hasUnknown(sent, knownFields.logprobs) || !isEmpty(sent.refusal)))
		Reflect.set(written, 'logprobs', { content: null, refusal: null, ...sent })
}

function addTokenFields(ours: unknown, theirs: unknown): void {
	if (!isObject(ours) || !isObject(theirs)) return
	addUnknown(ours, theirs, knownFields.token)
	const tops = asList(theirs.top_logprobs)
	for (const [index, top] of asList(ours.top_logprobs).entries()) addTokenFields(top, tops[index])
}

function addUnknown(written: object, sent: SentObject, known: ReadonlySet<string>): void {
	for (const name in sent) if (!known.has(name)) Reflect.set(written, name, sent[name])
}
