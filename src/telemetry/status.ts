// What the server says of itself to anyone who asks: alive, ready, version. It tells nothing of callers.

import type { EngineState, Operation } from '../engines/engine.ts'

export interface ModelState {
	readonly id: string
	readonly status: EngineState['status']
	readonly operations: readonly Operation[]
	readonly contextTokens?: number
	readonly note?: string
}

export interface Readiness {
	/** `ready` as soon as every model can answer. */
	readonly status: EngineState['status']
	readonly models: readonly ModelState[]
}

/** A model is ready with its first upstream that is; `failed` once all are. */
export function readiness(
	models: readonly { readonly name: string; readonly states: readonly EngineState[] }[],
): Readiness {
	const described = models.map(({ name, states }): ModelState => {
		const best =
			states.find(({ status }) => status === 'ready') ?? states.find(({ status }) => status === 'starting') ?? states[0]
		if (best === undefined) return { id: name, status: 'failed', operations: [], note: 'no upstream' }
		const { status, operations, contextTokens, note } = best
		return {
			id: name,
			status,
			operations,
			...(contextTokens === undefined ? {} : { contextTokens }),
			...(note === undefined ? {} : { note }),
		}
	})
	const waiting =
		described.find(({ status }) => status === 'starting') ?? described.find(({ status }) => status === 'failed')
	return { status: waiting?.status ?? 'ready', models: described }
}
