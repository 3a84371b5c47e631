// Aleph Alpha's API: that of its cloud, without a version in the path, and that of PhariaAI, below /v1.

import type { Dialect } from '../dialect.ts'
import { chatCompletions } from './chat-completions.ts'
import { complete } from './complete.ts'
import { embeddings } from './embeddings.ts'
import { writeError } from './error-writer.ts'
import { models } from './models.ts'
import { rerank } from './rerank.ts'
import { completions } from './text-completions.ts'
import { detokenize, tokenize } from './tokenize.ts'
import { unsupportedRoutes } from './unsupported-routes.ts'
import { showUser } from './users.ts'
import { version } from './version.ts'

export const alephAlpha: Dialect = {
	name: 'aleph-alpha',
	mount: '/aleph-alpha',
	prefixes: ['', '/v1'],
	routes: [
		chatCompletions,
		complete,
		completions,
		...embeddings,
		tokenize,
		detokenize,
		rerank,
		...models,
		showUser,
		version,
		...unsupportedRoutes,
	],
	recognizes: (headers) => headers.get('user-agent')?.startsWith('Aleph-Alpha-') === true,
	// Its client fails on every line of a stream without data.
	heartbeat: '',
	writeError,
	describe: async () => (await import('./api-description.ts')).description,
	headers: () => ({}),
}
