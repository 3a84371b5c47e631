// Every engine, by the word that the configuration uses, and what is served where no model is configured.

import { echo } from './echo/kind.ts'
import type { EngineKind } from './kind.ts'

export const engineKinds: Readonly<Record<string, EngineKind>> = { echo }

/** The part of a configuration that stands in where none names a model: the embedded one. */
export const embeddedByDefault = {
	models: { 'smollm2-135m': { ownedBy: 'HuggingFaceTB', route: ['embedded'] } },
	upstreams: { embedded: { engine: 'llama', model: 'smollm2-135m' } },
}
