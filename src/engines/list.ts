// Every engine, by the word that the configuration uses, and what is served where no model is configured.

import { defaultModelId } from '../weights/catalogue.ts'
import { aiSdk } from './ai-sdk/kind.ts'
import { anthropic } from './anthropic/kind.ts'
import { echo } from './echo/kind.ts'
import { gemini } from './gemini/kind.ts'
import type { EngineKind } from './kind.ts'
import { llama } from './llama/kind.ts'
import { openaiCompatible } from './openai-compatible/kind.ts'

export const engineKinds: Readonly<Record<string, EngineKind>> = {
	echo,
	llama,
	'openai-compatible': openaiCompatible,
	anthropic,
	gemini,
	'ai-sdk': aiSdk,
}

/** The part of a configuration that stands in where none names a model: the embedded one. */
export const embeddedByDefault = {
	models: { [defaultModelId]: { route: ['embedded'] } },
	upstreams: { embedded: { engine: 'llama', model: defaultModelId } },
}
