// What the pipeline uses: interfaces and plain tables, wired by the gateway.

import type { Engine } from '../engines/engine.ts'
import type { KeyStore } from '../keys/key-store.ts'
import type { Model, ModelTable } from '../models/model.ts'
import type { Place } from '../routing/place.ts'
import type { Route } from '../routing/route.ts'
import type { Log } from '../telemetry/log.ts'
import type { Clock } from '../time/clock.ts'

export interface Parts {
	/** Absent where the transport itself admits callers: the engine process listens on a socket that only its owner can open. */
	readonly keys: KeyStore | undefined
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
