// Turns per second that were acknowledged as on disk: many concurrent ones through the single writer, and each with its
// own commit and sync, in the same run.

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { AssistantMessage, Message } from '../../src/chat/message.ts'
import { newConversationId } from '../../src/conversations/conversation-id.ts'
import type { ConversationStore } from '../../src/conversations/conversation-store.ts'
import { answerId, type MessageId } from '../../src/conversations/message-id.ts'
import { newTurnId } from '../../src/conversations/turn-id.ts'
import { ownerId, tenantId } from '../../src/keys/scope.ts'
import { SqlConversationStore } from '../../src/stores/sql/sql-conversation-store.ts'
import type { SqlDatabase } from '../../src/stores/sql/sql-database.ts'
import { openSqlite } from '../../src/stores/sqlite/sqlite.ts'
import { temporaryFolder } from '../../test/server.ts'

export const scope = { tenant: tenantId('default'), owner: ownerId('bench') }

export function user(text: string): Message {
	return { role: 'user', content: [{ type: 'text', text }] }
}

export function assistant(text: string): AssistantMessage {
	return { role: 'assistant', content: [{ type: 'text', text }] }
}

export interface TurnRates {
	/** Turns per second. */
	readonly together: number
	readonly oneByOne: number
}

const inFlight = 256

export async function measureTurns(seconds: number): Promise<TurnRates> {
	const folder = await temporaryFolder()
	const database = await openSqlite(join(folder, 'bench.sqlite'))
	try {
		await run(new SqlConversationStore(database), 0.5)
		const oneByOne = await run(new SqlConversationStore(inTurn(database)), seconds)
		const together = await run(new SqlConversationStore(database), seconds)
		return { together, oneByOne }
	} finally {
		await database.close()
		await rm(folder, { recursive: true })
	}
}

/** Each write waits for the previous one, so it has its own commit. */
function inTurn(database: SqlDatabase): SqlDatabase {
	let last: Promise<unknown> = Promise.resolve()
	return {
		...database,
		write(work) {
			const next = last.then(() => database.write(work))
			last = next.catch(() => undefined)
			return next
		},
	}
}

/**
 * Concurrent conversations, each of which adds a turn as soon as the previous one is on disk.
 * @returns turns per second.
 */
async function run(store: ConversationStore, seconds: number): Promise<number> {
	const untilMs = performance.now() + seconds * 1000
	const { turns } = store.in(scope)
	let ended = 0
	const converse = async () => {
		const conversation = newConversationId()
		let parent: MessageId | undefined
		while (performance.now() < untilMs) {
			const id = newTurnId()
			const nowMs = Date.now()
			await turns.begin({
				id,
				surface: 'chat',
				stored: false,
				process: 'bench',
				conversation,
				...(parent === undefined
					? { create: { id: conversation, metadata: {}, listed: true, createdAtMs: nowMs, updatedAtMs: nowMs } }
					: { parent }),
				onConflict: 'branch',
				inputs: [user('What is the capital of France, and why is it there?')],
				model: 'm',
				metadata: {},
				echo: {},
				createdAtMs: nowMs,
			})
			await turns.end(id, {
				state: 'completed',
				endedAtMs: nowMs,
				answers: [{ message: assistant('Paris, since an island made the river easy to cross.'), partial: false }],
			})
			parent = answerId(id, 0)
			ended++
		}
	}
	const startMs = performance.now()
	await Promise.all(Array.from({ length: inFlight }, converse))
	return ended / ((performance.now() - startMs) / 1000)
}
