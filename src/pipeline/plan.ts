// Where a call can go: its model, by name or alias.

import type { Call, ListModelsCall, ShowModelCall } from '../dialects/dialect.ts'
import type { Model } from '../models/model.ts'
import type { Deployment } from './parts.ts'
import type { Understood } from './understand.ts'

/** Calls that an engine answers. */
export type ModelCall = Exclude<Call, ListModelsCall | ShowModelCall>

export type Planned = Omit<Understood, 'call'> & {
	/** What was configured when the request came. */
	readonly deployment: Deployment
} & (
		| { readonly type: 'model'; readonly call: ModelCall; readonly model: Model }
		| { readonly type: 'show-model'; readonly call: ShowModelCall; readonly model: Model }
		| { readonly type: 'list-models'; readonly call: ListModelsCall }
	)

/** @throws ChatError `model-not-found`. */
export function plan({ call, ...rest }: Understood, deployment: Deployment): Planned {
	const { models } = deployment
	const understood = { ...rest, deployment }
	switch (call.type) {
		case 'list-models':
			return { ...understood, type: 'list-models', call }
		case 'show-model':
			return { ...understood, type: 'show-model', call, model: models.find(call.name) }
		case 'chat':
		case 'complete':
		case 'embed': {
			const model = models.find(call.request.model)
			understood.record.model = model.name
			return { ...understood, type: 'model', call, model }
		}
	}
}
