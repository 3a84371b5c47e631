// Where client and upstream speak this same wire: what an upstream sent is repeated as it stands as long as it says just what was read
// from it, and in the form that clients rely on; only the fields that are ours are put in their place. Whatever departs from that is
// written anew, with the fields that we do not know laid over it, so that none is lost.

import type { ChatEvent } from '../../chat/event.ts'
import type { Source } from '../../chat/source.ts'
import { isObject } from './fields.ts'

/** What an answer's own chunks begin with, up to the choices. */
export interface RelayIdentity {
	readonly id: string
	readonly created: number
	readonly model: string
	readonly fingerprint: string | undefined
}

const choicesKey = '"choices":'
/** Behind the choices; quotes within texts are escaped, so it stands nowhere else. */
const nullUsage = '],"usage":null'

/** Repeats the chunks of one answer. Text before the choices is the same in all of them, so it is made once. */
export class ChatRelay {
	private readonly includeUsage: boolean
	private theirs = ''
	private ours = ''

	constructor(includeUsage: boolean) {
		this.includeUsage = includeUsage
	}

	/** The server-sent event that repeats a chunk, or undefined where it cannot be. */
	repeat({ text, value }: Source, identity: RelayIdentity): string | undefined {
		if (!isObject(value) || (value.usage ?? null) !== null) return undefined
		if (this.theirs === '' || !text.startsWith(this.theirs)) {
			if (!this.learn(text, value, identity)) return undefined
		}
		const rest = this.withUsage(text.slice(this.theirs.length), 'usage' in value)
		return rest === undefined ? undefined : `${this.ours}${rest}\n\n`
	}

	/** A new beginning. False where it is not what it seems. */
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

	/** Whether `usage: null` stands in every chunk is for the client to say. */
	private withUsage(rest: string, stands: boolean): string | undefined {
		if (rest.includes('\n')) return undefined
		if (stands === this.includeUsage) return rest
		if (!stands) return rest.endsWith('}') ? `${rest.slice(0, -1)},"usage":null}` : undefined
		const at = rest.lastIndexOf(nullUsage)
		return at === -1 ? undefined : `${rest.slice(0, at + 1)}${rest.slice(at + nullUsage.length)}`
	}
}

/**
 * Whether a chunk with one choice says `events` and nothing else that we know, in the form that clients rely on.
 *
 * @param introduced whether the choice's role was told already.
 * @param finishReason how the reason of a `choice-finish` is written.
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
	const said = events.length - begins
	if (!introduced(index)) return index === 0 && begins === 1 && said === 0 && isIntroduction(delta) && isPlain(choice)
	if ('role' in delta || said !== 1 || event === undefined) return false
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

/** The text of a choice's first chunk as clients read it unguarded. */
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

/** An answer or chunk of ours: choices with a `message` or a `delta`. */
interface WrittenAnswer {
	readonly choices: readonly { readonly message?: object; readonly delta?: object }[]
}

/**
 * Gives `written` those fields of the upstream's message that we know nothing of: in the answer, its choices and what these say.
 *
 * @returns `written`, which nobody else must hold.
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

/** Whether a chunk of an upstream has fields that we know nothing of. */
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
