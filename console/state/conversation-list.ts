// The conversations of the sidebar, last answered first, read in pages; those that are pinned or in a folder are read completely,
// because they are shown first. Titles, pins, folders and tags are on the server, so every client sees them.

import { signal } from '@preact/signals'
import {
	type ConversationPage,
	type ConversationSummary,
	changeConversation,
	listConversations,
	readConversation,
} from '../api/conversations.ts'

const pageSize = 100

export interface ConversationList {
	/** Last answered first. */
	readonly items: readonly ConversationSummary[]
	readonly complete: boolean
	readonly loading: boolean
}

const empty: ConversationList = { items: [], complete: false, loading: false }

export const conversations = signal<ConversationList>(empty)

/** The last conversation of the pages that were read. Later ones of the list are pinned or in a folder. */
let cursor: string | undefined
/** Ids that were deleted or hidden here: a page of the list may still have them. */
const removed = new Set<string>()

/** Reads the list anew, without removing what is shown meanwhile. */
export async function loadConversations(): Promise<void> {
	const startedAt = Math.floor(Date.now() / 1000)
	conversations.value = { ...conversations.value, loading: true }
	try {
		const [first, pinned, foldered] = await Promise.all([
			listConversations({ limit: pageSize }),
			readAll('pinned'),
			readAll('folder'),
		])
		const before = conversations.value
		const end = first.data.at(-1)?.updated_at ?? 0
		// Further pages that were read before, and what has changed here since the request.
		const plain = before.items.filter(
			({ metadata, updated_at }) =>
				updated_at >= startedAt ||
				(first.has_more && updated_at < end && metadata.pinned === undefined && metadata.folder === undefined),
		)
		const further = first.has_more && cursor !== undefined && plain.some(({ id }) => id === cursor)
		if (!further) cursor = first.data.at(-1)?.id
		conversations.value = {
			items: merge(plain, [...first.data, ...pinned, ...foldered]),
			complete: further ? before.complete : !first.has_more,
			loading: false,
		}
	} catch (failure) {
		conversations.value = { ...conversations.value, loading: false }
		throw failure
	}
}

export async function loadMoreConversations(): Promise<void> {
	const { complete, loading } = conversations.value
	if (complete || loading) return
	conversations.value = { ...conversations.value, loading: true }
	try {
		const { data, has_more } = await listConversations({ limit: pageSize, after: cursor })
		cursor = data.at(-1)?.id ?? cursor
		const { items } = conversations.value
		conversations.value = { items: merge(items, data), complete: !has_more, loading: false }
	} catch (failure) {
		conversations.value = { ...conversations.value, loading: false }
		throw failure
	}
}

/** For signing out. */
export const forgetConversations = (): void => {
	cursor = undefined
	conversations.value = empty
}

/** Shows a conversation that this page started. */
export function addConversation(summary: Omit<ConversationSummary, 'updated_at'>): void {
	showConversation({ ...summary, updated_at: summary.created_at })
}

/** Moves a conversation to the start of the list, because it has a new turn. */
export function touchConversation(id: string): void {
	const found = conversations.value.items.find((item) => item.id === id)
	if (found !== undefined) showConversation({ ...found, updated_at: Math.floor(Date.now() / 1000) })
}

/** @throws ServerError | ConnectionLost */
export async function renameConversation(id: string, title: string): Promise<void> {
	showConversation(await changeConversation(id, { title }))
}

/**
 * Sets or removes (undefined) a pair of the conversation's metadata.
 *
 * @throws ServerError | ConnectionLost
 */
export async function labelConversation(
	{ id, metadata }: ConversationSummary,
	name: 'pinned' | 'folder' | 'tags',
	value: string | undefined,
): Promise<void> {
	const { [name]: _, ...others } = metadata
	showConversation(
		await changeConversation(id, { metadata: value === undefined ? others : { ...others, [name]: value } }),
	)
}

/** Leaves them out of the list; the server still has them. */
export function hideConversations(ids: readonly string[]): void {
	for (const id of ids) removed.add(id)
	conversations.value = { ...conversations.value, items: merge(conversations.value.items, []) }
}

/**
 * Shows conversations again that were hidden, as the server has them.
 *
 * @throws ServerError | ConnectionLost
 */
export async function showConversations(ids: readonly string[]): Promise<void> {
	for (const id of ids) removed.delete(id)
	const found = await Promise.all(ids.map((id) => readConversation(id)))
	conversations.value = { ...conversations.value, items: merge(conversations.value.items, found) }
}

async function readAll(having: 'pinned' | 'folder'): Promise<readonly ConversationSummary[]> {
	const all: ConversationSummary[] = []
	for (let page: ConversationPage | undefined; page?.has_more !== false; ) {
		page = await listConversations({ limit: pageSize, having, after: page?.data.at(-1)?.id })
		all.push(...page.data)
		if (page.data.length === 0) break
	}
	return all
}

/** Shows a conversation that has changed on the server. */
export function showConversation(summary: ConversationSummary): void {
	conversations.value = { ...conversations.value, items: merge(conversations.value.items, [summary]) }
}

/** The later one of two with the same id. */
function merge(
	known: readonly ConversationSummary[],
	read: readonly ConversationSummary[],
): readonly ConversationSummary[] {
	const byId = new Map([...known, ...read].map((item) => [item.id, item]))
	for (const id of removed) byId.delete(id)
	return [...byId.values()].sort((one, other) => other.updated_at - one.updated_at || (one.id < other.id ? 1 : -1))
}
