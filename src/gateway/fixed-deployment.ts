// A deployment of one engine under one name, for processes that serve nothing else.

import type { Engine } from '../engines/engine.ts'
import type { Deployment } from '../pipeline/deployment.ts'
import { type Model, ModelTable } from '../routing/model.ts'
import { breakerOptions, retryOptions } from '../routing/options.ts'
import { inOrder } from '../routing/policies/in-order.ts'
import { Route } from '../routing/route.ts'
import { UpstreamEndpoint } from '../routing/upstream-endpoint.ts'

/**
 * Without retries and without a circuit breaker, because the gateway in front of the process has both.
 *
 * @param acceptsViolations the gateway has checked the rules of OpenAI's API, for clients that they apply to.
 */
export function fixedDeployment(name: string, engine: Engine, acceptsViolations = false): Deployment {
	const model: Model = {
		name,
		type: 'text-generation',
		aliases: [],
		required: true,
		ownedBy: 'dragoman',
		tokenizer: 'o200k_base',
		route: ['local'],
	}
	const endpoint = new UpstreamEndpoint({
		name: 'local',
		concurrency: undefined,
		breaker: breakerOptions.parse({ failures: Number.MAX_SAFE_INTEGER }),
		nowMs: () => performance.now(),
	})
	const route = new Route({
		members: [{ endpoint, weight: 1 }],
		policy: inOrder(),
		retry: retryOptions.parse({ attempts: 1 }),
	})
	return {
		models: new ModelTable([model]),
		routeOf: () => route,
		upstreamAt: () => ({ name: 'local', engine, acceptsViolations, isLocal: true, model: undefined, endpoint }),
	}
}
