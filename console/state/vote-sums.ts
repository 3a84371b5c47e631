// How often a person preferred each model, over all conversations: those of the list, and those that have votes and are further
// down. It does not render.

import { computed, signal } from '@preact/signals'
import { type ConversationPage, type ConversationSummary, listConversations } from '../api/conversations.ts'
import { conversations } from './conversation-list.ts'
import { sumVotes, type VoteSum } from './votes.ts'

/** Conversations that are read at a time. */
const pageSize = 100

const withVotes = signal<readonly ConversationSummary[]>([])

/** By the model's name. What the list has is newer than what was read for the sums. */
export const voteSums = computed<ReadonlyMap<string, VoteSum>>(() => {
	const byId = new Map([...withVotes.value, ...conversations.value.items].map((item) => [item.id, item]))
	return sumVotes(byId.values())
})

/** @throws ServerError | ConnectionLost */
export async function loadVotes(signal: AbortSignal): Promise<void> {
	const all: ConversationSummary[] = []
	for (let page: ConversationPage | undefined; page?.has_more !== false; ) {
		page = await listConversations({ limit: pageSize, having: 'votes', after: page?.data.at(-1)?.id, signal })
		all.push(...page.data)
		if (page.data.length === 0) break
	}
	withVotes.value = all
}
