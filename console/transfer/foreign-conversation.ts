// A conversation of another system, as its export file has it: messages that form a tree. It does not know file formats, and not
// how conversations are stored here.

export interface ForeignConversation {
	/** The system, such as `openai`. */
	readonly source: string
	readonly id: string
	readonly title: string | undefined
	/** Unix time in seconds. */
	readonly createdAt: number | undefined
	readonly metadata: Readonly<Record<string, string>>
	readonly messages: readonly ForeignMessage[]
	/** The message at the end of the branch that was shown. */
	readonly current: string | undefined
}

export interface ForeignMessage {
	readonly id: string
	readonly parent: string | undefined
	readonly role: 'user' | 'assistant'
	readonly text: string
	/** Pictures as `data:` URLs. */
	readonly images: readonly string[]
	readonly model: string | undefined
	readonly createdAt: number | undefined
}

/** Messages that are stored together: questions, and their answers. */
export interface ForeignExchange {
	readonly messages: readonly ForeignMessage[]
	/** The last message of the exchange that it follows. */
	readonly parent: string | undefined
}

/** What of a file has no counterpart here. */
export type LeftOut = 'pictures' | 'tools' | 'thoughts' | 'system' | 'empty' | 'unreadable'
export type LeftOutCounts = Partial<Record<LeftOut, number>>

export function leaveOut(counts: LeftOutCounts, what: LeftOut, count = 1): void {
	if (count > 0) counts[what] = (counts[what] ?? 0) + count
}

/** The server's bound for one request. */
const mostMessages = 20

/**
 * The exchanges of a conversation, each after the one that it follows; those of the branch that was shown are last. A question
 * with several answers is repeated for each of them, as the page does it. Parents that do not exist, and circles, become beginnings
 * of the conversation.
 */
export function exchangesOf({ messages, current }: ForeignConversation): readonly ForeignExchange[] {
	const byId = new Map(messages.map((message) => [message.id, message]))
	const shown = new Set<string>()
	for (let at = current; at !== undefined && !shown.has(at); at = byId.get(at)?.parent) shown.add(at)
	const children = Map.groupBy(byId.values(), ({ parent }) =>
		parent !== undefined && byId.has(parent) ? parent : undefined,
	)
	const kidsOf = (id: string | undefined) =>
		[...(children.get(id) ?? [])].sort((one, other) => Number(shown.has(one.id)) - Number(shown.has(other.id)))
	const exchanges: ForeignExchange[] = []
	const visited = new Set<string>()
	const visitFrom = (start: ForeignMessage) => {
		const stack: { message: ForeignMessage; before: readonly ForeignMessage[]; parent: string | undefined }[] = [
			{ message: start, before: [], parent: undefined },
		]
		for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
			const { message, before, parent } = next
			if (visited.has(message.id)) continue
			visited.add(message.id)
			const together = [...before, message]
			const kids = kidsOf(message.id).filter(({ id }) => !visited.has(id))
			const continues =
				together.length < mostMessages &&
				kids.length > 0 &&
				(message.role === 'user' || (kids.length === 1 && kids[0]?.role === 'assistant'))
			if (!continues) exchanges.push({ messages: together, parent })
			const following = continues ? { before: together, parent } : { before: [], parent: message.id }
			for (const kid of kids.toReversed()) stack.push({ message: kid, ...following })
		}
	}
	for (const root of kidsOf(undefined)) visitFrom(root)
	// What is left is in circles.
	for (const message of byId.values()) if (!visited.has(message.id)) visitFrom(message)
	return exchanges
}
