// The conversations of the sidebar, newest first, read in pages. Title and pin are on the server, so every client sees them.

import { signal } from '@preact/signals'
import {
	type ConversationSummary,
	changeConversation,
	deleteConversation,
	listConversations,
} from '../api/conversations.ts'

const pageSize = 100

export interface ConversationList {
	readonly items: readonly ConversationSummary[]
	readonly complete: boolean
	readonly loading: boolean
}

const empty: ConversationList = { items: [], complete: false, loading: false }

export const conversations = signal<ConversationList>(empty)
/** Ids of conversations with an answer in progress on this page. */
export const running = signal<ReadonlySet<string>>(new Set())

/** Reads the first page anew, without removing what is shown meanwhile. */
export async function loadConversations(): Promise<void> {
	conversations.value = { ...conversations.value, loading: true }
	try {
		const { data, has_more } = await listConversations({ limit: pageSize })
		conversations.value = { items: data, complete: !has_more, loading: false }
	} catch (failure) {
		conversations.value = { ...conversations.value, loading: false }
		throw failure
	}
}

export async function loadMoreConversations(): Promise<void> {
	const { items, complete, loading } = conversations.value
	if (complete || loading) return
	conversations.value = { items, complete, loading: true }
	try {
		const { data, has_more } = await listConversations({ limit: pageSize, after: items.at(-1)?.id })
		const known = new Set(items.map(({ id }) => id))
		conversations.value = {
			items: [...items, ...data.filter(({ id }) => !known.has(id))],
			complete: !has_more,
			loading: false,
		}
	} catch (failure) {
		conversations.value = { items, complete, loading: false }
		throw failure
	}
}

export const forgetConversations = (): void => {
	conversations.value = empty
}

/** Shows a conversation that this page started. */
export function addConversation(summary: ConversationSummary): void {
	const { items } = conversations.value
	conversations.value = { ...conversations.value, items: [summary, ...items.filter(({ id }) => id !== summary.id)] }
}

export async function renameConversation(id: string, title: string): Promise<void> {
	showConversation(await changeConversation(id, { title }))
}

export async function pinConversation({ id, metadata }: ConversationSummary, pinned: boolean): Promise<void> {
	const { pinned: _, ...others } = metadata
	showConversation(await changeConversation(id, { metadata: pinned ? { ...others, pinned: 'true' } : others }))
}

export async function removeConversation(id: string): Promise<void> {
	await deleteConversation(id)
	const { items } = conversations.value
	conversations.value = { ...conversations.value, items: items.filter((item) => item.id !== id) }
}

export function markRunning(id: string, isRunning: boolean): void {
	const next = new Set(running.value)
	if (isRunning) next.add(id)
	else next.delete(id)
	running.value = next
}

/** Shows a conversation that has changed on the server. */
export function showConversation(summary: ConversationSummary): void {
	const { items } = conversations.value
	conversations.value = {
		...conversations.value,
		items: items.map((item) => (item.id === summary.id ? summary : item)),
	}
}
