// OpenGateLLM, the API of which Albert API is an instance today: OpenAI's chat completions and embeddings with usage
// and cost in the answers, models with types and prices, and the caller's own account, keys and usage.

import type { Dialect } from '../dialect.ts'
import { textCompletionsRoute } from '../openai-family/text-completions.ts'
import { audioTranscriptions } from './audio-transcriptions.ts'
import { chatCompletions } from './chat-completions.ts'
import { embeddings } from './embeddings.ts'
import { writeError } from './errors.ts'
import { modelHealth } from './health.ts'
import { keys } from './keys.ts'
import { me } from './me.ts'
import { models } from './models.ts'
import { rerank } from './rerank.ts'
import { administration, agents, documents, logins, ocr } from './unsupported-routes.ts'
import { myUsage, usage } from './usage.ts'

export const opengatellm: Dialect = {
	name: 'opengatellm',
	mount: '/opengatellm',
	prefixes: ['/v1', ''],
	routes: [
		chatCompletions,
		textCompletionsRoute(),
		embeddings,
		rerank,
		audioTranscriptions,
		...models,
		modelHealth,
		...me,
		...keys,
		myUsage,
		usage,
		...documents,
		...agents,
		...ocr,
		...administration,
		...logins,
	],
	writeError,
	describe: async () => (await import('./api-description.ts')).description,
	headers: () => ({}),
}
