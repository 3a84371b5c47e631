// Deletes expired data: inactive conversations, and individual usage records. Nothing is deleted while the clock is
// suddenly far ahead.

import type { ConversationStore } from '../conversations/conversation-store.ts'
import type { LedgerStore } from '../ledger/ledger-store.ts'
import type { Clock } from '../system/clock.ts'
import { ClockGuard } from '../system/clock-guard.ts'
import type { Log } from '../system/log.ts'

export interface RetentionOptions {
	readonly conversations: Pick<ConversationStore, 'maintenance'>
	readonly ledger: LedgerStore
	/** Days after the last turn; unlimited if undefined. */
	readonly conversationDays: number | undefined
	readonly ledgerDays: number
	/** Stores the last trusted time. */
	readonly clockFile: string
	readonly clock: Clock
	readonly log: Log
}

const everyMs = 3_600_000
const dayMs = 86_400_000
/** Days that the clock may be ahead of the last trusted time: half of the shortest retention, within these bounds. */
const [leastAheadDays, mostAheadDays] = [1, 7]

/** Deletes expired data immediately and then every hour, until `signal` is aborted. Never rejects. */
export async function retain(options: RetentionOptions, signal: AbortSignal): Promise<void> {
	const guard = new ClockGuard({ file: options.clockFile, limitMs: aheadDays(options) * dayMs })
	// Read before this process records usage with a clock that may be wrong.
	let newestMs = await options.ledger.newestMs().catch(() => undefined)
	let reported = false
	while (!signal.aborted) {
		try {
			const assessment = await guard.check(options.clock.now(), newestMs)
			newestMs = undefined
			if (assessment.type === 'believed') await removeOld(options)
			if (assessment.type === 'ahead' && !reported)
				options.log.warn(
					{ days: Math.round(assessment.byMs / dayMs) },
					'the clock is far ahead of the last time that this server has seen: nothing is deleted by age until the server has run for 24 hours with this clock',
				)
			reported = assessment.type === 'ahead'
		} catch (thrown) {
			options.log.error({ err: thrown }, 'expired data could not be deleted')
		}
		await options.clock.sleep(everyMs, signal).catch(() => undefined)
	}
}

function aheadDays({ conversationDays, ledgerDays }: RetentionOptions): number {
	const half = Math.min(ledgerDays, conversationDays ?? ledgerDays) / 2
	return Math.min(mostAheadDays, Math.max(leastAheadDays, half))
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
			some = await conversations.maintenance.expire(clock.now() - conversationDays * dayMs)
	if (entries + removed > 0) log.info({ entries, conversations: removed }, 'expired data deleted')
}
