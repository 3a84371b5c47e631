// The Conversations API: the list, one conversation with all its branches, and changes of title and metadata.

import type { AnswerMetricsObject } from './responses.ts'
import { callJson, callServer } from './server.ts'

export interface ConversationSummary {
	readonly id: string
	/** Unix time in seconds. */
	readonly created_at: number
	/** Unix time in seconds, of the last turn. */
	readonly updated_at: number
	readonly title: string | null
	readonly metadata: Readonly<Record<string, string>>
	/** In the results of a search, if a message contains the text and the title does not. */
	readonly match?: { readonly message: string; readonly excerpt: string } | null
}

export interface ConversationPage {
	readonly data: readonly ConversationSummary[]
	readonly has_more: boolean
	readonly last_id: string | null
}

/** A part of a stored message, as exported. Types that the page does not know are shown as such. */
export type StoredPart =
	| { readonly type: 'text'; readonly text: string }
	| { readonly type: 'reasoning'; readonly text?: string }
	| { readonly type: 'refusal'; readonly text?: string; readonly refusal?: string }
	| { readonly type: 'tool-call'; readonly id?: string; readonly name: string; readonly arguments: string }
	| { readonly type: 'image'; readonly url?: string }
	| { readonly type: 'other' }

export interface ExportedMessage {
	readonly id: string
	readonly parent: string | null
	readonly turn: string
	readonly created_at: number
	readonly partial: boolean
	readonly message: {
		readonly role: string
		readonly content: readonly StoredPart[] | string
		/** Of the result of a tool call. */
		readonly callId?: string
	}
}

export interface ExportedTurn {
	readonly id: string
	/** What created it: `response`, `messages` for items that a client added, and others. */
	readonly surface: string
	readonly state: string
	readonly parent: string | null
	/** As requested. */
	readonly model: string
	/** The model that answered, if it is another one. */
	readonly answer_model?: string | null
	/** Parts of the request that the upstream did not receive. */
	readonly dropped?: readonly string[]
	/** Number of the oldest messages that the upstream did not receive. */
	readonly truncated?: number
	readonly inputs: readonly string[]
	readonly answers: readonly { readonly message: string; readonly finish_reason: string | null }[]
	readonly usage: ExportedUsage | null
	readonly metrics: AnswerMetricsObject | null
	readonly error: unknown
	readonly metadata: Readonly<Record<string, string>>
	readonly created_at: number
	readonly ended_at: number | null
}

export interface ExportedUsage {
	readonly promptTokens: number
	readonly completionTokens: number
	readonly source: string
}

export interface ExportedConversation {
	readonly conversation: ConversationSummary
	/** The last message of the branch that was continued last. */
	readonly head: string | null
	readonly messages: readonly ExportedMessage[]
	readonly turns: readonly ExportedTurn[]
}

export const listConversations = (query: {
	readonly after?: string | undefined
	readonly search?: string
	/** Only those that have this pair of metadata, with any value. */
	readonly having?: 'pinned' | 'folder' | 'votes'
	readonly limit: number
	readonly signal?: AbortSignal | undefined
}): Promise<ConversationPage> => {
	const parameters = new URLSearchParams({ limit: String(query.limit), order_by: 'updated_at' })
	if (query.having !== undefined) parameters.set(`metadata[${query.having}]`, '')
	if (query.after !== undefined) parameters.set('after', query.after)
	if (query.search !== undefined) parameters.set('search', query.search)
	return callJson(`conversations?${parameters}`, { signal: query.signal })
}

/** @throws ServerError | ConnectionLost */
export const createConversation = (
	conversation: {
		readonly title?: string | undefined
		readonly metadata: Readonly<Record<string, string>>
		/** Unix time in seconds; now if absent. */
		readonly created_at?: number | undefined
	},
	signal?: AbortSignal,
): Promise<ConversationSummary> => callJson('conversations', { method: 'POST', body: conversation, signal })

export interface NewItems {
	readonly items: readonly unknown[]
	/** The id of a message or item, or `none`; the end of the conversation if absent. */
	readonly parent?: string | undefined
	/** Unix time in seconds; now if absent. */
	readonly created_at?: number | undefined
	readonly model?: string | undefined
	/** Of the turn that the items become. */
	readonly metadata?: Readonly<Record<string, string>> | undefined
}

/** @returns the id of the last item. @throws ServerError | ConnectionLost */
export const appendItems = async (id: string, items: NewItems, signal?: AbortSignal): Promise<string> =>
	(await callJson<{ readonly last_id: string }>(`conversations/${id}/items`, { method: 'POST', body: items, signal }))
		.last_id

/** Whether one of the caller's conversations has this pair of metadata. */
export async function hasConversation(name: string, value: string, signal?: AbortSignal): Promise<boolean> {
	const parameters = new URLSearchParams({ limit: '1', [`metadata[${name}]`]: value })
	return (await callJson<ConversationPage>(`conversations?${parameters}`, { signal })).data.length > 0
}

export const readConversation = (id: string, signal?: AbortSignal): Promise<ConversationSummary> =>
	callJson(`conversations/${id}`, { signal })

export const exportConversation = (id: string, signal?: AbortSignal): Promise<ExportedConversation> =>
	callJson(`conversations/${id}/export`, { signal })

export const changeConversation = (
	id: string,
	change: { readonly title?: string; readonly metadata?: Readonly<Record<string, string>> },
): Promise<ConversationSummary> => callJson(`conversations/${id}`, { method: 'POST', body: change })

/**
 * Deletes a message and everything that follows it, on every branch.
 *
 * @throws ServerError | ConnectionLost
 */
export const deleteFrom = async (id: string, message: string): Promise<void> => {
	await callServer(`conversations/${id}/items/${message}?following=true`, { method: 'DELETE' })
}

/** @throws ServerError | ConnectionLost */
export const deleteAllConversations = async (): Promise<void> => {
	await callServer('conversations', { method: 'DELETE' })
}

export const deleteConversation = async (id: string): Promise<void> => {
	await callServer(`conversations/${id}`, { method: 'DELETE' })
}
