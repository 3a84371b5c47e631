// Reads the conversations of a ChatGPT data export, `conversations.json`. Each has a tree of messages in `mapping`. Sources:
// github.com/mitkury/chatgpt-export-parser, docs/chatgpt-data-export-format.md; github.com/open-webui/open-webui,
// src/lib/utils/index.ts (its importer); exports of 2023 to 2026 differ in the kinds of content.

import { type ForeignConversation, type ForeignMessage, type LeftOutCounts, leaveOut } from './foreign-conversation.ts'
import { type Fields, fieldsAt, isFields, listAt, textAt, unixTimeAt } from './json-fields.ts'

export const isOpenAI = (entry: unknown): entry is Fields => isFields(entry) && isFields(entry.mapping)

export function readOpenAI(entry: Fields, counts: LeftOutCounts): ForeignConversation {
	const mapping = fieldsAt(entry, 'mapping')
	const nodes = Object.keys(mapping)
	const read = new Map(nodes.map((id) => [id, readMessage(fieldsAt(fieldsAt(mapping, id), 'message'), counts)]))
	const parentOf = (id: string) => textAt(fieldsAt(mapping, id), 'parent')
	const visible = nearestVisible(parentOf, (id) => read.get(id) !== undefined)
	const messages = nodes.flatMap((id): readonly ForeignMessage[] => {
		const message = read.get(id)
		return message === undefined ? [] : [{ ...message, id, parent: visible(parentOf(id)) }]
	})
	return {
		source: 'openai',
		id: textAt(entry, 'conversation_id') ?? textAt(entry, 'id') ?? '',
		title: textAt(entry, 'title'),
		createdAt: unixTimeAt(entry, 'create_time'),
		metadata: {},
		messages,
		current: visible(textAt(entry, 'current_node')),
	}
}

/** The message itself or the nearest one before it that is shown; each is looked at one time only, and circles end. */
export function nearestVisible(
	parentOf: (id: string) => string | undefined,
	isVisible: (id: string) => boolean,
): (id: string | undefined) => string | undefined {
	const known = new Map<string, string | undefined>()
	return (id) => {
		const way: string[] = []
		let at = id
		for (; at !== undefined && !known.has(at) && !isVisible(at) && way.length <= mostHidden; at = parentOf(at)) {
			known.set(at, undefined)
			way.push(at)
		}
		const found = at === undefined || isVisible(at) ? at : known.get(at)
		for (const passed of way) known.set(passed, found)
		return found
	}
}

/** Hidden messages in a row. */
const mostHidden = 100_000

type ReadMessage = Omit<ForeignMessage, 'id' | 'parent'>

/** Undefined for what people did not see: instructions, calls of tools and their results, thoughts. */
function readMessage(message: Fields, counts: LeftOutCounts): ReadMessage | undefined {
	const role = textAt(fieldsAt(message, 'author'), 'role')
	const metadata = fieldsAt(message, 'metadata')
	const content = fieldsAt(message, 'content')
	const kind = textAt(content, 'content_type') ?? 'text'
	if (role === undefined) return undefined
	if (role !== 'user' && role !== 'assistant') {
		if (role === 'tool') leaveOut(counts, 'tools')
		else if (textOf(content, kind) !== '') leaveOut(counts, 'system')
		return undefined
	}
	if (metadata.is_visually_hidden_from_conversation === true) return undefined
	if (kind === 'thoughts' || kind === 'reasoning_recap') {
		leaveOut(counts, 'thoughts')
		return undefined
	}
	if (kind === 'user_editable_context') {
		leaveOut(counts, 'system')
		return undefined
	}
	const recipient = textAt(message, 'recipient')
	if (recipient !== undefined && recipient !== 'all') {
		leaveOut(counts, 'tools')
		return undefined
	}
	const text = textOf(content, kind)
	const others = listAt(content, 'parts').filter(isFields)
	leaveOut(counts, 'pictures', others.filter((part) => textAt(part, 'text') === undefined).length)
	if (text === '') return undefined
	return {
		role,
		text,
		images: [],
		model: textAt(metadata, 'model_slug'),
		createdAt: unixTimeAt(message, 'create_time'),
	}
}

function textOf(content: Fields, kind: string): string {
	const parts = listAt(content, 'parts').flatMap((part) =>
		typeof part === 'string' ? [part] : isFields(part) ? [textAt(part, 'text') ?? ''] : [],
	)
	const text = [...parts, textAt(content, 'text') ?? ''].filter((part) => part.trim() !== '').join('\n\n')
	return kind === 'code' && text !== '' ? `\`\`\`\n${text}\n\`\`\`` : text
}
