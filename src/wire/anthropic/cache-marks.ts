// Writes cache breakpoints, and sets them for clients that set none: at the end of the tools, of the instructions, and
// of the last two user messages, so that each turn reads the prefix that the previous turn cached. A stored conversation
// collects the breakpoints of all its requests: those in the oldest messages are removed, so that the prompt has as many
// as the API accepts.

import { isObject, type Json, type JsonObject } from '../../chat/json.ts'
import type { CacheMark } from '../../chat/message.ts'

/** Only what the client set: servers that know neither `ttl` nor `scope` reject them. */
export function writeCacheMark(cacheMark: CacheMark | undefined): JsonObject {
	if (cacheMark === undefined) return {}
	const { ttl, scope } = typeof cacheMark === 'string' ? { ttl: cacheMark, scope: undefined } : cacheMark
	return { cache_control: { type: 'ephemeral', ttl, scope } }
}

/** The API's limit. */
const mostMarks = 4
const mark = { cache_control: { type: 'ephemeral' } }

/**
 * @param prompt has lists of blocks in `tools`, `system` and the content of `messages`.
 * @param setsMarks whether a prompt without breakpoints gets some.
 */
export function withMarks(prompt: JsonObject, setsMarks: boolean): JsonObject {
	const count = countMarks([prompt.tools, prompt.system, prompt.messages])
	if (count === 0) return setsMarks ? markEnds(prompt) : prompt
	return count <= mostMarks ? prompt : withoutOldestMarks(prompt, count - mostMarks)
}

function markEnds(prompt: JsonObject): JsonObject {
	const [tools, system, messages] = [listOf(prompt.tools), listOf(prompt.system), listOf(prompt.messages)]
	const turns = mostMarks - Number(tools.length > 0) - Number(system.length > 0)
	const users = messages.flatMap((message, index) => (isObject(message) && message.role === 'user' ? [index] : []))
	const ends = new Set(users.slice(-Math.min(2, turns)))
	return {
		...prompt,
		tools: tools.length === 0 ? prompt.tools : markLast(tools),
		system: system.length === 0 ? prompt.system : markLast(system),
		messages: messages.map((message, index) =>
			ends.has(index) && isObject(message) ? { ...message, content: markLast(listOf(message.content)) } : message,
		),
	}
}

function withoutOldestMarks(prompt: JsonObject, marks: number): JsonObject {
	let surplus = marks
	const unmark = (block: Json): Json => {
		if (surplus <= 0 || !isObject(block)) return block
		const { cache_control, ...unmarked } = block
		if (isObject(cache_control)) {
			surplus--
			return unmarked
		}
		const { content, source } = block
		if (Array.isArray(content)) return { ...block, content: content.map(unmark) }
		if (!isObject(source) || !Array.isArray(source.content)) return block
		return { ...block, source: { ...source, content: source.content.map(unmark) } }
	}
	return { ...prompt, messages: listOf(prompt.messages).map(unmark) }
}

/** Breakpoints of blocks and tools, and of blocks within those that have none. */
function countMarks(lists: readonly (Json | undefined)[]): number {
	let count = 0
	for (const list of lists)
		for (const item of listOf(list))
			if (isObject(item)) count += isObject(item.cache_control) ? 1 : countMarks(blocksWithin(item))
	return count
}

/** Those of a message or a result, and of the source of a document. */
const blocksWithin = ({ content, source }: JsonObject): readonly (Json | undefined)[] => [
	content,
	isObject(source) ? source.content : undefined,
]

function markLast(blocks: readonly Json[]): readonly Json[] {
	const last = blocks.at(-1)
	return isObject(last) ? [...blocks.slice(0, -1), { ...last, ...mark }] : blocks
}

function listOf(value: Json | undefined): readonly Json[] {
	return Array.isArray(value) ? value : []
}
