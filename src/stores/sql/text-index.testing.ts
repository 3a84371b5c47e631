// Messages for the tests of the indexes over texts, and searches for them.

import { alice, conversation, ended, turn, user } from '../../conversations/conversation-store.testing.ts'
import { SqlConversationStore } from './sql-conversation-store.ts'
import type { SqlDatabase } from './sql-database.ts'

/** Stores one conversation of Alice's, with a message for each text. */
export async function storeTexts(database: SqlDatabase, ...texts: readonly string[]) {
	const made = conversation()
	const begun = turn({ conversation: made.id, create: made, inputs: texts.map(user) })
	const { turns } = new SqlConversationStore(database).in(alice)
	await turns.begin(begun)
	await turns.end(begun.id, ended(''))
	return made
}

/** Ids of Alice's conversations that a search finds, oldest first. */
export async function foundBy(database: SqlDatabase, text: string): Promise<readonly string[]> {
	const { index } = new SqlConversationStore(database).in(alice)
	return ((await index.list({ limit: 9, order: 'asc', text }))?.items ?? []).map(({ id }) => id)
}
