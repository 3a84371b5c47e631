// Anthropic's Messages API as a dialect. The wire format defines requests and answers; this folder defines the paths.

import { writeError } from '../../wire/anthropic/error-writer.ts'
import { ping } from '../../wire/anthropic/message-event-writer.ts'
import { writeRateLimits } from '../../wire/anthropic/rate-limit-headers.ts'
import type { Dialect } from '../dialect.ts'
import { countTokens } from './count-tokens.ts'
import { messages } from './messages.ts'
import { listModels, showModel } from './models.ts'

export const anthropic: Dialect = {
	name: 'anthropic',
	mount: '/anthropic',
	prefixes: ['/v1'],
	routes: [messages, countTokens, listModels, showModel],
	recognizes: (headers) => headers.has('anthropic-version'),
	heartbeat: ping,
	writeError,
	describe: async () => (await import('./api-description.ts')).description,
	headers: ({ requestId, limits }) => ({
		'request-id': requestId,
		...(limits.length === 0 ? undefined : writeRateLimits(limits)),
	}),
}
