// What the pipeline uses: interfaces and plain tables, wired by the gateway.

import type { Engine } from '../engines/engine.ts'
import type { KeyStore } from '../keys/key-store.ts'
import type { ModelTable } from '../models/model.ts'
import type { Clock } from '../time/clock.ts'

export interface Parts {
	/** Absent where the transport itself admits callers: the engine process listens on a socket that only its owner can open. */
	readonly keys: KeyStore | undefined
	readonly models: ModelTable
	/** By the names that routes use. */
	readonly upstreams: ReadonlyMap<string, Upstream>
	readonly clock: Clock
	/** Seconds since 1970 that models tell as their creation: when this server started. */
	readonly startedAt: number
}

/** A configured place that runs an engine. */
export interface Upstream {
	readonly name: string
	readonly engine: Engine
	/** What this upstream calls a model; the public name where it has no word of its own. */
	readonly model: string | undefined
}
