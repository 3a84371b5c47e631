// Albert API as it was in 2024: OpenAI's chat completions, completions, embeddings and models, with conversations that
// a chat request stores by `user` and `id`, and the paths to read them.

import type { Dialect } from '../dialect.ts'
import { embeddingsRoute } from '../openai-family/embeddings.ts'
import { textCompletionsRoute } from '../openai-family/text-completions.ts'
import { chatCompletions } from './chat-completions.ts'
import { collections, files, listTools } from './documents.ts'
import { writeError } from './errors.ts'
import { listHistory, showHistory } from './history.ts'
import { models } from './models.ts'

export const albert: Dialect = {
	name: 'albert',
	mount: '/albert',
	prefixes: ['/v1', ''],
	routes: [
		chatCompletions,
		textCompletionsRoute(),
		embeddingsRoute(),
		...models,
		listHistory,
		showHistory,
		listTools,
		...files,
		...collections,
	],
	writeError,
	describe: async () => (await import('./api-description.ts')).description,
	headers: () => ({}),
}
