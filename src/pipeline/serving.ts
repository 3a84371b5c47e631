// The dependencies of the pipeline's stages, wired by the gateway and by the engine process.

import type { ConversationStore } from '../conversations/conversation-store.ts'
import type { DialectChoice } from '../dialects/choice.ts'
import type { RequestBounds } from '../http/request-bounds.ts'
import type { UrlPolicy } from '../http/url-policy.ts'
import type { KeyVerifier } from '../keys/key-verifier.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { LedgerEntry } from '../ledger/ledger-entry.ts'
import type { EntryOwner, EntryQuery, EntrySum, UsageQuery, UsageSum } from '../ledger/usage-query.ts'
import type { Limiter } from '../limits/limiter.ts'
import type { OutputSpeeds } from '../routing/output-speeds.ts'
import type { StoredStreams } from '../streams/stored-streams.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import type { Occupancy } from '../system/occupancy.ts'
import type { SharedTimeout } from '../system/shared-timeout.ts'
import type { ThrottledLog } from '../system/throttled-log.ts'
import type { TokenCounter } from '../tokens/tokens.ts'
import type { BackgroundCalls } from './background-calls.ts'
import type { BackgroundTasks } from './background-tasks.ts'
import type { Deployment } from './deployment.ts'
import type { ThreadPermits } from './thread-permits.ts'
import type { WaitingCalls } from './waiting-calls.ts'

export interface Serving {
	readonly choice: DialectChoice
	/** The current configuration. */
	readonly deployment: () => Deployment
	readonly tokens: TokenCounter
	readonly threads: ThreadPermits
	/** Of the event loop by large requests and answers. */
	readonly occupancy: Occupancy
	/** On the contents of requests. */
	readonly bounds: RequestBounds
	/** Background tasks that no client waits for. */
	readonly backgroundTasks: BackgroundTasks
	/** Background responses that run and wait; not limited if absent. */
	readonly backgroundCalls?: BackgroundCalls | undefined
	/** Calls that wait for an upstream, or to run in the background. */
	readonly waitingCalls: WaitingCalls
	readonly clock: Clock
	/**
	 * The time after which a stream is committed before an upstream began to answer. Absent if streams wait for that.
	 */
	readonly quietTimeout?: SharedTimeout | undefined
	/** How fast models have written answers here. */
	readonly speeds: OutputSpeeds
	/** Uniform in [0, 1). */
	readonly random: () => number
	readonly log: Log
	/** For faults that would repeat with every call. */
	readonly throttledLog: ThrottledLog
	/** Maximum size of an answer that is in memory until its end, in bytes; unlimited if absent. */
	readonly answerBytes?: number | undefined
	/** When this server started, in seconds since 1970: reported as the creation time of models. */
	readonly startedAt: number
	/**
	 * Absent if the transport itself authenticates callers: the engine process listens on a socket that only its owner
	 * can open.
	 */
	readonly keys: KeyVerifier | undefined
	/** Absent if requests may contain any URL. */
	readonly urlPolicy?: UrlPolicy | undefined
	/** Absent if no limits are configured. */
	readonly limiter: Limiter | undefined
	/** Absent if nothing is stored or billed, for example in the engine process. */
	readonly storage: CallerStorage | undefined
}

/** The stores of a server that authenticates its callers. */
export interface CallerStorage {
	readonly ledger: Ledger
	readonly conversations: ConversationStore
	readonly streams: StoredStreams
	/** Queries aggregated usage. */
	readonly usage: (query: UsageQuery) => Promise<readonly UsageSum[]>
	/** Queries usage records and their totals. */
	readonly entries: (query: EntryQuery) => Promise<EntryReport>
	/** Queries the last day (UTC) with a usage record, by key. */
	readonly lastDays: (owner: EntryOwner) => Promise<ReadonlyMap<string, string>>
	/** `user` and `id` of a chat request identify a stored conversation, unless the caller's key overrides it. */
	readonly userIdHistory: boolean
	/** Identifies this process among those that write to the same stores. */
	readonly process: string
}

export interface EntryReport {
	readonly entries: readonly LedgerEntry[]
	/** Totals of all records that match the query, not of this page only. */
	readonly sum: EntrySum
}
