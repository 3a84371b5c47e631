// What the server says of itself to anyone who asks: alive, ready, version. It contains nothing of callers, no path of this machine and
// no address of another.

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
	/** `ready` if every required model and at least one model can answer and no check fails; `starting` if that will be so by itself. */
	readonly status: EngineState['status']
	readonly models: readonly ModelState[]
	readonly checks: CheckResults
}

/** A model as its route sees it now. */
export interface RoutedModel {
	readonly name: string
	readonly required: boolean
	readonly members: readonly RoutedMember[]
}

export interface RoutedMember {
	readonly state: EngineState
	/** False while its health checks fail. */
	readonly healthy: boolean
	/** Its breaker lets no call through. From the moment when it would let one try, it does not count as open: otherwise a server that
	 * gets no requests while it is not ready would never be ready again. */
	readonly open: boolean
}

/** @param excluded names of checks whose results are reported, but do not count. */
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

/** A model is ready with its first upstream that is; `failed` once all are. */
function describe({ name, required, members }: RoutedModel): ModelState {
	const states = members.map(stateOf)
	const best =
		states.find(({ status }) => status === 'ready') ?? states.find(({ status }) => status === 'starting') ?? states[0]
	if (best === undefined) return { id: name, status: 'failed', required, operations: [], note: 'no upstream' }
	const { status, operations, contextTokens, note } = best
	return {
		id: name,
		status,
		required,
		operations,
		...(contextTokens === undefined ? {} : { contextTokens }),
		...(note === undefined ? {} : { note: publicText(note) }),
	}
}

function stateOf({ state, healthy, open }: RoutedMember): EngineState {
	if (state.status !== 'ready' || (healthy && !open)) return state
	const note = healthy
		? 'its upstream failed several times in a row; it is tried again shortly'
		: 'the health checks of its upstream fail'
	return { ...state, status: 'failed', note }
}
