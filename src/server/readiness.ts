// The readiness that the server reports without authentication. It contains no data of callers, no path of this machine
// and no address of another.

import type { EngineState, Operation } from '../engines/engine.ts'
import { publicText } from '../system/public-text.ts'
import type { CheckResults } from '../system/server-checks.ts'

export interface ModelState {
	readonly id: string
	readonly status: EngineState['status']
	readonly required: boolean
	readonly operations: readonly Operation[]
	readonly contextTokens?: number
	readonly note?: string
}

export interface Readiness {
	/**
	 * `ready` if every required model and at least one model is ready and no check fails; `starting` if it becomes ready
	 * without intervention.
	 */
	readonly status: EngineState['status']
	readonly models: readonly ModelState[]
	readonly checks: CheckResults
}

/** A model with the current state of its route's members. */
export interface RoutedModel {
	readonly name: string
	readonly required: boolean
	/** As configured; otherwise the engine's counts. */
	readonly contextTokens?: number | undefined
	readonly members: readonly RoutedMember[]
}

export interface RoutedMember {
	readonly state: EngineState
	/** False while its health checks fail. */
	readonly healthy: boolean
	/** Its breaker lets no call through. A breaker that would let a probe through does not count as open: otherwise a server that
	 * gets no requests while it is not ready would never be ready again. */
	readonly open: boolean
}

/** @param excluded names of checks whose results are reported, but do not affect the status. */
export function readiness(
	models: readonly RoutedModel[],
	checks: CheckResults,
	excluded: ReadonlySet<string> = new Set(),
): Readiness {
	const described = models.map(describe)
	const failing = Object.entries(checks).some(([name, { ok }]) => !ok && !excluded.has(name))
	return { status: failing ? 'failed' : statusOf(described), models: described, checks }
}

function statusOf(models: readonly ModelState[]): EngineState['status'] {
	const waitedFor = models.filter(({ required, status }) => required && status !== 'ready')
	if (waitedFor.length > 0) return waitedFor.every(({ status }) => status === 'starting') ? 'starting' : 'failed'
	if (models.some(({ status }) => status === 'ready')) return 'ready'
	return models.some(({ status }) => status === 'starting') ? 'starting' : 'failed'
}

/** A model is ready if one of its upstreams is, and failed if all of them are. */
function describe({ name, required, contextTokens: configured, members }: RoutedModel): ModelState {
	const states = members.map(stateOf)
	const best =
		states.find(({ status }) => status === 'ready') ?? states.find(({ status }) => status === 'starting') ?? states[0]
	if (best === undefined) return { id: name, status: 'failed', required, operations: [], note: 'no upstream' }
	const { status, operations, note } = best
	return {
		id: name,
		status,
		required,
		operations,
		contextTokens: configured ?? best.contextTokens,
		note: note === undefined ? undefined : publicText(note),
	}
}

function stateOf({ state, healthy, open }: RoutedMember): EngineState {
	if (state.status !== 'ready' || (healthy && !open)) return state
	const note = healthy
		? 'its upstream failed several times in a row; it will be retried shortly'
		: 'the health checks of its upstream fail'
	return { ...state, status: 'failed', note }
}
