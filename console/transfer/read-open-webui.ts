// Reads the chats of an Open WebUI export. Each has its messages in `chat.history.messages`, by their ids. Sources:
// github.com/open-webui/open-webui, src/lib/components/chat/Settings/DataControls.svelte (export and import) and
// src/lib/utils/index.ts (the form of a chat).

import { type ForeignConversation, type ForeignMessage, type LeftOutCounts, leaveOut } from './foreign-conversation.ts'
import { type Fields, fieldsAt, isFields, listAt, textAt, unixTimeAt } from './json-fields.ts'
import { nearestVisible } from './read-openai.ts'

export const isOpenWebUI = (entry: unknown): entry is Fields =>
	isFields(entry) && (isFields(fieldsAt(entry, 'chat').history) || Array.isArray(fieldsAt(entry, 'chat').messages))

export function readOpenWebUI(entry: Fields, counts: LeftOutCounts): ForeignConversation {
	const chat = fieldsAt(entry, 'chat')
	const history = fieldsAt(chat, 'history')
	const messages = isFields(history.messages) ? treeOf(history.messages) : pathOf(listAt(chat, 'messages'))
	const read = new Map([...messages].map(([id, { message }]) => [id, readMessage(message, counts)]))
	const visible = nearestVisible(
		(id) => messages.get(id)?.parent,
		(id) => read.get(id) !== undefined,
	)
	const tags = [...listAt(fieldsAt(entry, 'meta'), 'tags'), ...listAt(chat, 'tags')].flatMap((tag) =>
		typeof tag === 'string' ? [tag.replaceAll(',', ' ')] : [],
	)
	const joined = [...new Set(tags)].join(',').slice(0, 512)
	return {
		source: 'open-webui',
		id: textAt(entry, 'id') ?? '',
		title: textAt(entry, 'title') ?? textAt(chat, 'title'),
		createdAt: unixTimeAt(entry, 'created_at') ?? unixTimeAt(chat, 'timestamp'),
		metadata: {
			...(entry.pinned === true ? { pinned: 'true' } : {}),
			...(joined === '' ? {} : { tags: joined }),
		},
		messages: [...messages].flatMap(([id, { parent }]): readonly ForeignMessage[] => {
			const message = read.get(id)
			return message === undefined ? [] : [{ ...message, id, parent: visible(parent) }]
		}),
		current: visible(textAt(history, 'currentId') ?? [...messages.keys()].at(-1)),
	}
}

interface Node {
	readonly message: Fields
	readonly parent: string | undefined
}

function treeOf(messages: Fields): ReadonlyMap<string, Node> {
	return new Map(
		Object.entries(messages).map(([id, message]) => {
			const fields = isFields(message) ? message : {}
			return [id, { message: fields, parent: textAt(fields, 'parentId') }]
		}),
	)
}

/** Old exports have one path without ids. */
function pathOf(messages: readonly unknown[]): ReadonlyMap<string, Node> {
	return new Map(
		messages.map((message, index) => [
			String(index),
			{ message: isFields(message) ? message : {}, parent: index === 0 ? undefined : String(index - 1) },
		]),
	)
}

type ReadMessage = Omit<ForeignMessage, 'id' | 'parent'>

function readMessage(message: Fields, counts: LeftOutCounts): ReadMessage | undefined {
	const role = textAt(message, 'role')
	if (role !== 'user' && role !== 'assistant') {
		if (role !== undefined) leaveOut(counts, role === 'tool' ? 'tools' : 'system')
		return undefined
	}
	const text = withoutDetails(textAt(message, 'content') ?? '', counts)
	const urls = listAt(message, 'files').map((file) => (isFields(file) ? (textAt(file, 'url') ?? '') : ''))
	const images = role === 'user' ? urls.filter((url) => /^data:image\/(png|jpeg|webp|gif);base64,/.test(url)) : []
	leaveOut(counts, 'pictures', urls.length - images.length)
	if (text === '' && images.length === 0) return undefined
	return { role, text, images, model: textAt(message, 'model'), createdAt: unixTimeAt(message, 'timestamp') }
}

/** Thoughts and calls of tools are `<details type="…">` in the text of an answer. */
function withoutDetails(text: string, counts: LeftOutCounts): string {
	let plain = ''
	let at = 0
	for (;;) {
		const start = text.indexOf('<details type="', at)
		const end = start < 0 ? -1 : text.indexOf('</details>', start)
		if (end < 0) return (plain + text.slice(at)).trim()
		const kind = text.slice(start + '<details type="'.length, start + 40)
		leaveOut(counts, kind.startsWith('reasoning') ? 'thoughts' : 'tools')
		plain += text.slice(at, start)
		at = end + '</details>'.length
	}
}
