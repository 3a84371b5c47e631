// Opens what is stored for callers: the ledger, conversations whose turns always end, streams, and the heartbeat of this
// process; and closes them in an order in which nothing is lost.

import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Settings } from '../config/settings.ts'
import { deliveredConversations } from '../conversations/delivered-conversations.ts'
import { RunningTurns } from '../conversations/running-turns.ts'
import { TurnOutbox } from '../conversations/turn-outbox.ts'
import { type OpenLedger, openLedger } from '../ledger/open-ledger.ts'
import type { Quarantine } from '../ledger/quarantine.ts'
import { isProcessRunning } from '../ledger/recovery.ts'
import type { CallerStorage } from '../pipeline/serving.ts'
import { Heartbeat } from '../processes/heartbeat.ts'
import type { Stores } from '../stores/open-stores.ts'
import { FileStreams } from '../streams/file-streams.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import type { TurnGauges } from '../telemetry/telemetry.ts'
import { removeStreamsWithTurns } from './stream-removal.ts'

export interface OpenedStorage extends CallerStorage {
	readonly ledger: OpenLedger
	readonly gauges: TurnGauges
	/** Delivers what is pending, for some seconds at most; the rest is in the data folder. Does not close the stores. */
	close(): Promise<void>
}

export interface StorageContext {
	readonly quarantine: Quarantine
	readonly clock: Clock
	readonly log: Log
}

/** How long a usage query waits for the newest usage records, in milliseconds. */
const longestDeliveryMs = 2000
const beatsUntilDead = 6

export async function openStorage(
	stores: Stores,
	{ dataFolder, config }: Settings,
	{ quarantine, clock, log }: StorageContext,
): Promise<OpenedStorage> {
	const { durability, maxPending } = config.ledger
	const { keepMs, ...streamLimits } = config.streams
	const journalFolder = join(dataFolder, 'journal')
	let process = ''
	const own = { process: () => process, isRunning: (name: string) => isProcessRunning(journalFolder, name), clock }
	const streams = await FileStreams.open({
		...own,
		folder: join(dataFolder, 'streams'),
		...streamLimits,
		retentionMs: keepMs,
	})
	const { conversations: store, processes } = stores
	const outbox = await TurnOutbox.open({ ...own, folder: join(dataFolder, 'turns'), store, log })
	const ledger = await openLedger({
		...{ folder: journalFolder, store: stores.ledger, quarantine, durability, maxPending, clock, log },
		async recovered(dead) {
			await streams.interrupt(dead)
			// Before the others are interrupted: these have ended.
			await outbox.recover(dead)
			await store.maintenance.interrupt(dead, clock.now())
			await processes.leave(dead)
		},
	})
	;({ process } = ledger)
	const { deadAfterMs } = config.processes
	const heartbeat = await Heartbeat.open({
		...{ store: processes, process, host: hostname(), everyMs: deadAfterMs / beatsUntilDead, deadAfterMs },
		...{ clock, monotonicMs: () => performance.now(), log },
	})
	const running = new RunningTurns({
		...{ store, process: () => process, isPending: (id) => outbox.has(id), clock, log },
		stop: ({ scope, id }) => streams.cancel(scope, id),
	})
	running.open()
	removeStreamsWithTurns(store, streams)
	const delivered = () => Promise.race([ledger.deliver(), clock.sleep(longestDeliveryMs)])
	return {
		ledger,
		conversations: deliveredConversations(store, { outbox, running }),
		streams,
		async usage(query) {
			await delivered()
			return stores.ledger.usage(query)
		},
		async entries(query) {
			await delivered()
			const [entries, sum] = await Promise.all([stores.ledger.entries(query), stores.ledger.sumEntries(query)])
			return { entries, sum }
		},
		async lastDays(owner) {
			await delivered()
			return stores.ledger.lastDays(owner)
		},
		userIdHistory: config.history.userId,
		process,
		gauges: { pendingEnds: () => outbox.size, deadProcesses: () => heartbeat.endedProcesses },
		async close() {
			await running.close()
			await outbox.close()
			await heartbeat.close()
			// Releases the name of this process, whose files other processes deliver then.
			await ledger.close()
		},
	}
}
