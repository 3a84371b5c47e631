// Relays chunks if client and upstream speak the same wire: an upstream's chunk is repeated unchanged if it contains
// exactly the events that were read from it, in the form that clients rely on; only our own fields are replaced. Any
// other chunk is written anew, and chunk-overlay.ts adds the unknown fields of the upstream to it.

import type { ChatEvent, RestEvent } from '../../chat/event.ts'
import { isObject } from '../../chat/json.ts'
import { exactMembers, stringifyJson } from '../../chat/json-text.ts'
import { tryParseJson } from '../../chat/try-parse-json.ts'
import type { ChatChunk } from './chat-chunk.ts'
import type { SentObject } from './chunk.ts'
import { openaiWire } from './formats.ts'

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

	/**
	 * The server-sent event that repeats a chunk, or undefined if the chunk cannot be repeated.
	 *
	 * @param text that the chunk was parsed from.
	 */
	repeat(text: string, { sent }: ChatChunk, identity: RelayIdentity): string | undefined {
		if ((sent.usage ?? null) !== null) return undefined
		if (this.theirs === '' || !text.startsWith(this.theirs)) {
			if (!this.learn(text, sent, identity)) return undefined
		}
		const rest = this.withUsage(text.slice(this.theirs.length), 'usage' in sent)
		return rest === undefined ? undefined : `${this.ours}${rest}\n\n`
	}

	/** Reads the start of a chunk. False if it does not have the expected form. */
	private learn(text: string, sent: SentObject, identity: RelayIdentity): boolean {
		const at = text.indexOf(choicesKey)
		if (at === -1 || text.includes('\n')) return false
		const head = tryParseJson(`${text.slice(0, at)}"":0}`)
		if (!isObject(head)) return false
		for (const field of ['id', 'object', 'created', 'model']) if (head[field] !== sent[field]) return false
		const { '': _, ...fields } = exactMembers(head)
		const { id, created, model, fingerprint } = identity
		const own = { id, object: 'chat.completion.chunk', created, model }
		const known = { ...own, service_tier: 'default', system_fingerprint: fingerprint ?? null }
		this.theirs = text.slice(0, at)
		this.ours = `data: ${stringifyJson({ ...known, ...fields, ...own }).slice(0, -1)},`
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
 * Whether a chunk with one choice contains exactly `events` and no other known fields, in the form that clients rely
 * on.
 *
 * @param introduced the choices whose role was already sent.
 * @param finishReason writes the reason of a `choice-finish`.
 */
export function isCanonical(
	{ choices = [] }: ChatChunk,
	events: readonly ChatEvent[],
	introduced: ReadonlySet<number>,
	finishReason: (event: ChatEvent & { type: 'choice-finish' }) => string,
): boolean {
	const [choice, second] = choices
	const form = second === undefined ? choice?.form : undefined
	if (choice === undefined || form === undefined) return false
	const begins = events[0]?.type === 'start' ? 1 : 0
	if (!introduced.has(choice.index))
		return choice.index === 0 && begins === 1 && events.length === 1 && form === 'introduction'
	const event = contentEvent(events)
	switch (form) {
		case 'introduction':
			return false
		case 'text':
			return event?.type === 'part-delta' && event.part === 'text' && event.text === choice.text
		case 'reasoning':
			return event?.type === 'part-delta' && event.part === 'reasoning' && event.text === choice.reasoning
		case 'finish':
			return event?.type === 'choice-finish' && choice.finishReason === finishReason(event)
	}
}

/** The one event that a chunk expresses; undefined if there are several. Chunks do not express where text starts and ends. */
function contentEvent(events: readonly ChatEvent[]): ChatEvent | undefined {
	let content: ChatEvent | undefined
	for (const event of events) {
		if (event.type === 'start' || isBoundary(event) || isOwnRest(event)) continue
		if (content !== undefined) return undefined
		content = event
	}
	return content
}

/** Whether the event has unknown fields of a chunk, which is repeated or whose fields are added to what is written. */
export function isOwnRest(event: ChatEvent): event is RestEvent {
	return event.type === 'rest' && event.rest.wire === openaiWire
}

function isBoundary(event: ChatEvent): boolean {
	if (event.type === 'part-end') return event.signature === undefined && event.rest === undefined
	if (event.type !== 'part-start') return false
	const { type } = event.part
	return type === 'text' || type === 'reasoning' || type === 'refusal'
}
