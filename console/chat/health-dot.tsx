// The state of a model as a dot. A screen reader gets the state from the list of models, in words.

import type { ListedModel } from '../api/models.ts'

/** Grey if the model, or its state, is not known. */
export function HealthDot({ model }: { readonly model: ListedModel | undefined }) {
	return <span class={`dot ${model?.health ?? 'off'}`} />
}
