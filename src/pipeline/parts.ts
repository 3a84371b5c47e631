// What the pipeline uses: interfaces and plain tables, wired by the gateway.

import type { ConversationStore } from '../conversations/conversation-store.ts'
import type { DialectChoice } from '../dialects/choice.ts'
import type { Engine } from '../engines/engine.ts'
import type { KeyStore } from '../keys/key-store.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { EntryQuery, EntrySum, LedgerEntry, UsageQuery, UsageSum } from '../ledger/ledger-store.ts'
import type { Model, ModelTable } from '../routing/model.ts'
import type { Place } from '../routing/place.ts'
import type { Route } from '../routing/route.ts'
import type { KeptStreams } from '../streams/kept-streams.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import type { TokenCounter } from '../tokens/tokens.ts'
import type { Outstanding } from './outstanding.ts'

export interface Parts {
	readonly choice: DialectChoice
	/** Absent where the transport itself admits callers: the engine process listens on a socket that only its owner can open. */
	readonly keys: KeyStore | undefined
	/** Absent where nothing is billed. */
	readonly ledger: Ledger | undefined
	/** Absent where nothing is kept. */
	readonly conversations: ConversationStore | undefined
	/** Absent where streams end with their client. */
	readonly streams: KeptStreams | undefined
	/** Asks what was used. */
	readonly usage: ((query: UsageQuery) => Promise<readonly UsageSum[]>) | undefined
	/** Tells single entries of what was used, and what all of them come to. */
	readonly entries: ((query: EntryQuery) => Promise<ToldEntries>) | undefined
	/** Which of the histories that dialects offer are kept, unless a key says otherwise. */
	readonly histories: Histories
	/** What is being written down when no client waits for it any more. */
	readonly outstanding: Outstanding
	readonly tokens: TokenCounter
	/** This process, among those that write to the same stores. */
	readonly process: string
	/** As configured at this moment; a request keeps the one it began with. */
	readonly deployment: () => Deployment
	readonly clock: Clock
	/** Uniform in [0, 1). */
	readonly random: () => number
	readonly log: Log
	/** Prompts and answers are told to telemetry. */
	readonly tellsContent: boolean
	/** Seconds since 1970 that models tell as their creation: when this server started. */
	readonly startedAt: number
}

export interface ToldEntries {
	readonly entries: readonly LedgerEntry[]
	/** Of all that the query means, whatever its page. */
	readonly sum: EntrySum
}

/** Ways to keep a conversation that need the operator's word, by their names in the configuration. */
export interface Histories {
	readonly albert: boolean
}

/** Which models there are, and where they are served. Replaced as a whole when the configuration changes. */
export interface Deployment {
	readonly models: ModelTable
	routeOf(model: Model): Route
	upstreamAt(place: Place): Upstream
}

/** A configured place that runs an engine. */
export interface Upstream {
	readonly name: string
	readonly engine: Engine
	/** What this upstream calls a model; the public name where it has no word of its own. */
	readonly model: string | undefined
	readonly place: Place
}
