// A model as list endpoints report it: its configuration, and the current state of its upstreams.

import type { ListedModel } from '../dialects/local-operation.ts'
import { capabilitiesOf, type Model, publicNameOf } from '../routing/model.ts'
import { publicText } from '../system/public-text.ts'
import type { Deployment, Upstream } from './deployment.ts'
import type { Serving } from './serving.ts'

export function describe(
	model: Model,
	deployment: Deployment,
	{ startedAt, speeds }: Pick<Serving, 'startedAt' | 'speeds'>,
): ListedModel {
	const upstreams = deployment.routeOf(model).members.map(({ endpoint }) => deployment.upstreamAt(endpoint))
	const states = upstreams.map(({ engine }) => engine.state())
	const contextTokens = model.contextTokens ?? states.find((state) => state.contextTokens !== undefined)?.contextTokens
	const note = states.find((state) => state.note !== undefined)?.note
	return {
		...model,
		name: publicNameOf(model),
		capabilities: capabilitiesOf(model),
		speed: speeds.median(publicNameOf(model)),
		created: startedAt,
		health: healthOf(upstreams),
		local: upstreams.every(({ isLocal }) => isLocal),
		contextTokens,
		note: note === undefined ? undefined : publicText(note),
	}
}

function healthOf(upstreams: readonly Upstream[]): ListedModel['health'] {
	const well = upstreams.filter(({ engine, endpoint }) => engine.state().status === 'ready' && endpoint.available)
	if (well.length === 0) return 'none'
	const waits = well.some(({ endpoint }) => endpoint.limiter.waiting > 0)
	return well.length < upstreams.length || waits ? 'limited' : 'good'
}
