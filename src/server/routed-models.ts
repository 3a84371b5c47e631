// The models of a deployment with the current states of their upstreams, from which readiness is determined.

import type { Deployment } from '../pipeline/deployment.ts'
import type { RoutedModel } from './readiness.ts'

export function routedModels({ models, routeOf, upstreamAt }: Deployment): readonly RoutedModel[] {
	return models.all.map((model) => ({
		name: model.name,
		required: model.required,
		contextTokens: model.contextTokens,
		members: routeOf(model).members.map(({ endpoint }) => ({
			state: upstreamAt(endpoint).engine.state(),
			healthy: endpoint.healthy,
			open: endpoint.breaker.isOpenForAll,
		})),
	}))
}
