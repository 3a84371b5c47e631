// The models and upstreams that a request uses. Plain tables, replaced as a whole when the configuration changes.

import type { Engine } from '../engines/engine.ts'
import type { Model, ModelTable } from '../routing/model.ts'
import type { Route } from '../routing/route.ts'
import type { UpstreamEndpoint } from '../routing/upstream-endpoint.ts'

/** The models and the upstreams that serve them. A request uses the deployment with which it began until its end. */
export interface Deployment {
	readonly models: ModelTable
	routeOf(model: Model): Route
	upstreamAt(endpoint: UpstreamEndpoint): Upstream
}

/** A configured upstream with its engine. */
export interface Upstream {
	readonly name: string
	readonly engine: Engine
	/** Whether it gets requests that break rules of OpenAI's API. */
	readonly acceptsViolations: boolean
	/** Whether its models run on the machine of the server. */
	readonly isLocal: boolean
	/** The upstream's name for the model; the public name if undefined. */
	readonly model: string | undefined
	readonly endpoint: UpstreamEndpoint
}
