// Scale's API through its generations: Spellbook and EGP (versions 1 to 4), and SGP (version 5), which follows
// OpenAI's.

import type { Dialect } from '../dialect.ts'
import { agents } from './agents.ts'
import { chatCompletions } from './chat-completions.ts'
import { completions } from './completions.ts'
import { deployments } from './deployments.ts'
import { writeError } from './error-writer.ts'
import { models } from './models.ts'
import { laterChat, laterCompletions } from './openai-shaped.ts'
import { userInfo } from './user-info.ts'

export const egp: Dialect = {
	name: 'egp',
	mount: '/egp',
	prefixes: [''],
	routes: [
		...chatCompletions,
		...completions,
		...agents,
		...laterChat,
		laterCompletions,
		...deployments,
		...models,
		userInfo,
	],
	// Its clients parse every line of a stream as JSON.
	heartbeat: '',
	writeError,
	describe: async () => (await import('./api-description.ts')).description,
	headers: () => ({}),
}
