// The pipeline's dependencies: interfaces and plain tables, wired by the gateway.

import type { ConversationStore } from '../conversations/conversation-store.ts'
import type { DialectChoice } from '../dialects/choice.ts'
import type { Engine } from '../engines/engine.ts'
import type { KeyStore } from '../keys/key-store.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { LedgerEntry } from '../ledger/ledger-entry.ts'
import type { EntryQuery, EntrySum, UsageQuery, UsageSum } from '../ledger/usage-query.ts'
import type { Limiter } from '../limits/limiter.ts'
import type { Model, ModelTable } from '../routing/model.ts'
import type { Route } from '../routing/route.ts'
import type { UpstreamEndpoint } from '../routing/upstream-endpoint.ts'
import type { StoredStreams } from '../streams/stored-streams.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import type { TokenCounter } from '../tokens/tokens.ts'
import type { BackgroundTasks } from './background-tasks.ts'

export interface Parts {
	readonly choice: DialectChoice
	/** Absent if the transport itself authenticates callers: the engine process listens on a socket that only its owner can open. */
	readonly keys: KeyStore | undefined
	/** Absent if calls are not billed. */
	readonly ledger: Ledger | undefined
	/** Absent if no limits are configured. */
	readonly limiter: Limiter | undefined
	/** Absent if conversations are not stored. */
	readonly conversations: ConversationStore | undefined
	/** Absent if streams end when their client disconnects. */
	readonly streams: StoredStreams | undefined
	/** Queries aggregated usage. */
	readonly usage: ((query: UsageQuery) => Promise<readonly UsageSum[]>) | undefined
	/** Queries usage records and their totals. */
	readonly entries: ((query: EntryQuery) => Promise<EntryReport>) | undefined
	/** `user` and `id` of a chat request identify a stored conversation, unless the caller's key overrides it. */
	readonly userIdHistory: boolean
	/** Background tasks that no client waits for. */
	readonly backgroundTasks: BackgroundTasks
	readonly tokens: TokenCounter
	/** Identifies this process among those that write to the same stores. */
	readonly process: string
	/** The current configuration. A request uses the one with which it began until its end. */
	readonly deployment: () => Deployment
	readonly clock: Clock
	/** Uniform in [0, 1). */
	readonly random: () => number
	readonly log: Log
	/** When this server started, in seconds since 1970: reported as the creation time of models. */
	readonly startedAt: number
}

export interface EntryReport {
	readonly entries: readonly LedgerEntry[]
	/** Totals of all records that match the query, not of this page only. */
	readonly sum: EntrySum
}

/** The models and the upstreams that serve them. Replaced as a whole when the configuration changes. */
export interface Deployment {
	readonly models: ModelTable
	routeOf(model: Model): Route
	upstreamAt(endpoint: UpstreamEndpoint): Upstream
}

/** A configured upstream with its engine. */
export interface Upstream {
	readonly name: string
	readonly engine: Engine
	/** The upstream's name for the model; the public name if undefined. */
	readonly model: string | undefined
	readonly endpoint: UpstreamEndpoint
}
