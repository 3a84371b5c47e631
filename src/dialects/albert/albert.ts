// Albert API as it was in 2024: OpenAI's chat completions, completions, embeddings and models, with conversations that a chat request stores
// by `user` and `id`, and the paths to read them.

import type { Dialect } from '../dialect.ts'
import { chatCompletions } from './chat-completions.ts'
import { completions } from './completions.ts'
import { collections, files, listTools } from './documents.ts'
import { embeddings } from './embeddings.ts'
import { writeError } from './errors.ts'
import { listHistory, showHistory } from './history.ts'
import { listModels, showModel } from './models.ts'

export const albert: Dialect = {
	name: 'albert',
	mount: '/albert',
	prefixes: ['/v1', ''],
	routes: [
		chatCompletions,
		completions,
		embeddings,
		listModels,
		showModel,
		listHistory,
		showHistory,
		listTools,
		...files,
		...collections,
	],
	writeError,
	headers: () => ({}),
}
