// The form of items: what depends on the request, such as the names of its tools. It does not know how items are written.

import type { JsonObject } from '../../../chat/json.ts'
import type { ClientCallOf } from './answer-items.ts'
import { type Unflatten, unflattenBy } from './tool-name.ts'

export type Item = JsonObject & { readonly id: string; readonly type: string }
export type ItemStatus = 'in_progress' | 'completed' | 'incomplete'

export interface ItemShape {
	readonly unflatten: Unflatten
	readonly clientCallOf: ClientCallOf
	/** Return encrypted reasoning and signatures for the client to send back. */
	readonly withEncryptedReasoning: boolean
	/** Signatures name their origin. */
	readonly tagsSignatures: boolean
	/** Reasoning is written as its summary: the request has `reasoning.summary`. */
	readonly summarizes: boolean
}

export const plainItems: ItemShape = {
	unflatten: unflattenBy([]),
	clientCallOf: () => undefined,
	withEncryptedReasoning: false,
	tagsSignatures: false,
	summarizes: false,
}
