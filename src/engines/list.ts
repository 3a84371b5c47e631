// All engines by their name in the configuration, and the default upstream that is used if no model is configured.

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

/** Used if the configuration has no model: the embedded engine with the default model. */
export const embeddedByDefault = {
	models: { [defaultModelId]: { route: ['embedded'] } },
	upstreams: { embedded: { engine: 'llama', model: defaultModelId } },
}
