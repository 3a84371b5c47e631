// What is too old is removed: conversations that nobody goes on with, and single entries of the accounts.

import type { ConversationStore } from './conversations/conversation-store.ts'
import type { LedgerStore } from './ledger/ledger-store.ts'
import type { Log } from './telemetry/log.ts'
import type { Clock } from './time/clock.ts'

export interface RetentionOptions {
	readonly conversations: ConversationStore
	readonly ledger: LedgerStore
	/** Days after the last turn; for ever where absent. */
	readonly conversationDays: number | undefined
	readonly ledgerDays: number
	readonly clock: Clock
	readonly log: Log
}

const everyMs = 3_600_000
const dayMs = 86_400_000

/** Looks at once, and then every hour, until `signal` is aborted. Never rejects. */
export async function retain(options: RetentionOptions, signal: AbortSignal): Promise<void> {
	while (!signal.aborted) {
		try {
			await removeOld(options)
		} catch (thrown) {
			options.log.error({ err: thrown }, 'what is too old could not be removed')
		}
		await options.clock.sleep(everyMs, signal).catch(() => undefined)
	}
}

async function removeOld({
	conversations,
	ledger,
	conversationDays,
	ledgerDays,
	clock,
	log,
}: RetentionOptions): Promise<void> {
	let [entries, removed] = [0, 0]
	for (let some = 1; some > 0; entries += some) some = await ledger.expire(clock.now() - ledgerDays * dayMs)
	if (conversationDays !== undefined)
		for (let some = 1; some > 0; removed += some)
			some = await conversations.expire(clock.now() - conversationDays * dayMs)
	if (entries + removed > 0) log.info({ entries, conversations: removed }, 'removed what is too old')
}
