// Titles of conversations.

import { conversations } from './conversation-list.ts'

/** The title in the list, if the conversation is in it. */
export const titleInList = (id: string | undefined): string | undefined =>
	conversations.value.items.find((item) => item.id === id)?.title ?? undefined

/** The first line of the question, up to 60 characters, cut between words. */
export function titleOf(question: string): string {
	const line = question.trim().split('\n')[0] ?? ''
	if (line.length <= 60) return line
	const cut = line.slice(0, 60)
	const space = cut.lastIndexOf(' ')
	return `${space > 30 ? cut.slice(0, space) : cut}…`
}
