// Relays chunks if client and upstream speak the same wire: an upstream's chunk is repeated unchanged if it contains exactly the events
// that were read from it, in the form that clients rely on; only our own fields are replaced. Any other chunk is written anew, and the
// unknown fields of the upstream are added to it, so that none is lost.

import type { ChatEvent } from '../../chat/event.ts'
import { isObject } from '../../chat/json.ts'
import type { Source } from '../../chat/source.ts'

/** Fields at the start of every chunk of an answer, up to the choices. */
export interface RelayIdentity {
	readonly id: string
	readonly created: number
	readonly model: string
	readonly fingerprint: string | undefined
}

const choicesKey = '"choices":'
/** End of the choices. Quotes within strings are escaped, so this text occurs nowhere else. */
const nullUsage = '],"usage":null'

/** Repeats the chunks of one answer. The text before the choices is the same in all of them, so it is built once. */
export class ChatRelay {
	private readonly includeUsage: boolean
	private theirs = ''
	private ours = ''

	constructor(includeUsage: boolean) {
		this.includeUsage = includeUsage
	}

	/** The server-sent event that repeats a chunk, or undefined if the chunk cannot be repeated. */
	repeat({ text, value }: Source, identity: RelayIdentity): string | undefined {
		if (!isObject(value) || (value.usage ?? null) !== null) return undefined
		if (this.theirs === '' || !text.startsWith(this.theirs)) {
			if (!this.learn(text, value, identity)) return undefined
		}
		const rest = this.withUsage(text.slice(this.theirs.length), 'usage' in value)
		return rest === undefined ? undefined : `${this.ours}${rest}\n\n`
	}

	/** Reads the start of a chunk. False if it does not have the expected form. */
	private learn(text: string, value: Readonly<Record<string, unknown>>, identity: RelayIdentity): boolean {
		const at = text.indexOf(choicesKey)
		if (at === -1 || text.includes('\n')) return false
		const head = parse(`${text.slice(0, at)}"":0}`)
		if (!isObject(head)) return false
		for (const field of ['id', 'object', 'created', 'model']) if (head[field] !== value[field]) return false
		const { '': _, ...fields } = head
		const { id, created, model, fingerprint } = identity
		const own = { id, object: 'chat.completion.chunk', created, model }
		const known = { ...own, service_tier: 'default', system_fingerprint: fingerprint ?? null }
		this.theirs = text.slice(0, at)
		this.ours = `data: ${JSON.stringify({ ...known, ...fields, ...own }).slice(0, -1)},`
		return true
	}

	/** The client decides whether every chunk has `usage: null`. */
	private withUsage(rest: string, hasUsage: boolean): string | undefined {
		if (rest.includes('\n')) return undefined
		if (hasUsage === this.includeUsage) return rest
		if (!hasUsage) return rest.endsWith('}') ? `${rest.slice(0, -1)},"usage":null}` : undefined
		const at = rest.lastIndexOf(nullUsage)
		return at === -1 ? undefined : `${rest.slice(0, at + 1)}${rest.slice(at + nullUsage.length)}`
	}
}

/**
 * Whether a chunk with one choice contains exactly `events` and no other known fields, in the form that clients rely on.
 *
 * @param introduced whether the role of the choice was already sent.
 * @param finishReason writes the reason of a `choice-finish`.
 */
export function isCanonical(
	value: unknown,
	events: readonly ChatEvent[],
	introduced: (choice: number) => boolean,
	finishReason: (event: ChatEvent & { type: 'choice-finish' }) => string,
): boolean {
	const choice = onlyChoice(value)
	if (choice === undefined || !isObject(choice.delta) || typeof choice.index !== 'number') return false
	const { delta, index } = choice
	if ('tool_calls' in delta || 'function_call' in delta || 'reasoning' in delta) return false
	const begins = events[0]?.type === 'start' ? 1 : 0
	const event = events[begins]
	const partCount = events.length - begins
	if (!introduced(index))
		return index === 0 && begins === 1 && partCount === 0 && isIntroduction(delta) && isPlain(choice)
	if ('role' in delta || partCount !== 1 || event === undefined) return false
	switch (event.type) {
		case 'text':
			return delta.content === event.text && !('reasoning_content' in delta) && isPlain(choice, event.logprobs)
		case 'reasoning':
			return delta.reasoning_content === event.text && !('content' in delta) && isPlain(choice)
		case 'choice-finish':
			return (delta.content ?? null) === null && choice.finish_reason === finishReason(event) && hasNoLogprobs(choice)
		default:
			return false
	}
}

/** The text of a choice's first chunk, which clients read without checking. */
function isIntroduction(delta: Readonly<Record<string, unknown>>): boolean {
	return delta.role === 'assistant' && delta.content === ''
}

function isPlain(choice: Readonly<Record<string, unknown>>, logprobs?: unknown): boolean {
	if ((choice.finish_reason ?? null) !== null || !('finish_reason' in choice)) return false
	if (logprobs === undefined) return hasNoLogprobs(choice)
	return isObject(choice.logprobs) && Array.isArray(choice.logprobs.content) && 'refusal' in choice.logprobs
}

function hasNoLogprobs({ logprobs }: Readonly<Record<string, unknown>>): boolean {
	return (logprobs ?? null) === null
}

function onlyChoice(value: unknown): Readonly<Record<string, unknown>> | undefined {
	if (!isObject(value) || !Array.isArray(value.choices) || value.choices.length !== 1) return undefined
	const [choice] = value.choices
	return isObject(choice) ? choice : undefined
}

const knownFields = {
	answer: new Set(['id', 'object', 'created', 'model', 'choices', 'usage', 'error']),
	choice: new Set(['index', 'delta', 'message', 'finish_reason', 'logprobs']),
	message: new Set([
		'role',
		'content',
		'refusal',
		'tool_calls',
		'function_call',
		'reasoning',
		'reasoning_content',
		'annotations',
	]),
} as const

/** An answer or chunk that we wrote: choices with a `message` or a `delta`. */
interface WrittenAnswer {
	readonly choices: readonly { readonly message?: object; readonly delta?: object }[]
}

/**
 * Adds the unknown fields of the upstream's message to `written`: fields of the answer, of its choices and of their messages or deltas.
 *
 * @returns `written`, which is modified and must have no other owner.
 */
export function overlay(written: WrittenAnswer, theirs: unknown): object {
	if (!isObject(theirs)) return written
	addOthers(written, theirs, knownFields.answer)
	const choices = Array.isArray(theirs.choices) ? theirs.choices : []
	for (const [index, choice] of written.choices.entries()) {
		const their = choices[index]
		if (!isObject(their)) continue
		addOthers(choice, their, knownFields.choice)
		if (choice.message !== undefined) addOthers(choice.message, their.message, knownFields.message)
		if (choice.delta !== undefined) addOthers(choice.delta, their.delta, knownFields.message)
	}
	return written
}

/** Whether a chunk of an upstream has unknown fields. */
export function hasOtherFields(theirs: unknown): boolean {
	if (!isObject(theirs)) return false
	const [choice] = Array.isArray(theirs.choices) ? theirs.choices : []
	const delta = isObject(choice) ? choice.delta : undefined
	return (
		hasOther(theirs, knownFields.answer) || hasOther(choice, knownFields.choice) || hasOther(delta, knownFields.message)
	)
}

function hasOther(value: unknown, known: ReadonlySet<string>): boolean {
	if (isObject(value)) for (const name in value) if (!known.has(name)) return true
	return false
}

function addOthers(written: object, theirs: unknown, known: ReadonlySet<string>): void {
	if (isObject(theirs)) for (const name in theirs) if (!known.has(name)) Reflect.set(written, name, theirs[name])
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text)
	} catch {
		return undefined
	}
}
