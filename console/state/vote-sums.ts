// How often a person preferred each model, over all conversations: those of the list, and those that have votes and are further
// down. It does not render.

import { computed, signal } from '@preact/signals'
import { type ConversationPage, type ConversationSummary, listConversations } from '../api/conversations.ts'
import { conversations } from './conversation-list.ts'
import { sumVotes, type VoteSum } from './votes.ts'

/** Conversations that are read at a time, and how many times at most. */
const [pageSize, mostPages] = [100, 10]

const withVotes = signal<readonly ConversationSummary[]>([])

/** Whether every conversation with votes has been read. Otherwise the sums are those of the ones that were answered last. */
export const allVotesRead = signal(true)

/** By the model's name. What the list has is newer than what was read for the sums. */
export const voteSums = computed<ReadonlyMap<string, VoteSum>>(() => {
	const byId = new Map([...withVotes.value, ...conversations.value.items].map((item) => [item.id, item]))
	return sumVotes(byId.values())
})

/** @throws ServerError | ConnectionLost */
export async function loadVotes(signal: AbortSignal): Promise<void> {
	const all: ConversationSummary[] = []
	let page: ConversationPage | undefined
	for (let read = 0; read < mostPages && page?.has_more !== false; read++) {
		page = await listConversations({ limit: pageSize, having: 'votes', after: page?.data.at(-1)?.id, signal })
		all.push(...page.data)
		if (page.data.length === 0) break
	}
	withVotes.value = all
	allVotesRead.value = page?.has_more !== true
}
