// The list of conversations: pinned ones, then by day. Further pages load when the end comes into view.

import { useEffect, useRef } from 'preact/hooks'
import type { ConversationSummary } from '../api/conversations.ts'
import { formatMonth, text } from '../languages/languages.ts'
import { conversations, loadMoreConversations } from '../state/conversation-list.ts'
import { ConversationRow } from './conversation-row.tsx'

export function ConversationGroups() {
	const { items, complete, loading } = conversations.value
	const words = text.value
	if (items.length === 0)
		return <div class="conversations">{complete && !loading && <p class="group-label">{words.noConversations}</p>}</div>
	return (
		<div class="conversations">
			{[...groupsOf(items, Date.now())].map(([label, members]) => (
				<section key={label} aria-label={label}>
					<h2 class="group-label">{label}</h2>
					<ul>
						{members.map((item) => (
							<ConversationRow key={item.id} item={item} />
						))}
					</ul>
				</section>
			))}
			{!complete && <End key={items.length} />}
		</div>
	)
}

/** Loads the next page when it comes into view. */
function End() {
	const end = useRef<HTMLDivElement>(null)
	useEffect(() => {
		const observer = new IntersectionObserver(([entry]) => {
			if (entry?.isIntersecting === true) void loadMoreConversations().catch(() => undefined)
		})
		if (end.current !== null) observer.observe(end.current)
		return () => observer.disconnect()
	}, [])
	return <div ref={end} class="group-label" aria-hidden="true" />
}

const dayMs = 86_400_000

function groupsOf(items: readonly ConversationSummary[], nowMs: number): ReadonlyMap<string, ConversationSummary[]> {
	const midnight = new Date(nowMs).setHours(0, 0, 0, 0)
	const words = text.value
	const groups = new Map<string, ConversationSummary[]>([[words.pinned, []]])
	for (const item of items) {
		const label = item.metadata.pinned === undefined ? dayLabel(item.created_at * 1000, midnight) : words.pinned
		const members = groups.get(label)
		if (members === undefined) groups.set(label, [item])
		else members.push(item)
	}
	if (groups.get(words.pinned)?.length === 0) groups.delete(words.pinned)
	return groups
}

function dayLabel(ms: number, midnight: number): string {
	const words = text.value
	if (ms >= midnight) return words.today
	if (ms >= midnight - dayMs) return words.yesterday
	if (ms >= midnight - 7 * dayMs) return words.lastSevenDays
	return formatMonth(ms)
}
