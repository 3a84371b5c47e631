// A model as lists tell it: what is configured, and what its upstreams say of it now.

import type { ListedModel } from '../dialects/dialect.ts'
import type { Model } from '../models/model.ts'
import type { Deployment, Parts } from './parts.ts'

export function describe(model: Model, deployment: Deployment, { startedAt }: Pick<Parts, 'startedAt'>): ListedModel {
	const states = deployment.routeOf(model).members.map(({ place }) => deployment.upstreamAt(place).engine.state())
	const contextTokens = model.contextTokens ?? states.find((state) => state.contextTokens !== undefined)?.contextTokens
	const note = states.find((state) => state.note !== undefined)?.note
	return {
		...model,
		created: startedAt,
		...(contextTokens === undefined ? {} : { contextTokens }),
		...(note === undefined ? {} : { note }),
	}
}
