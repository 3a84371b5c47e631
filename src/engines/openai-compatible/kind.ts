// OpenAI-compatible servers as the configuration sees them.

import { z } from 'zod'
import { Secret } from '../../secrets/secret.ts'
import { engineKind } from '../kind.ts'
import { openOpenAICompatible } from './openai-compatible.ts'

const options = z.strictObject({
	url: z.url({ protocol: /^https?$/ }).describe('Base URL with its version, as http://host:8000/v1.'),
	key: z.string().min(1).optional().describe('API key of the upstream; may come from the environment or from a file.'),
	headers: z.record(z.string(), z.string()).optional().describe('Headers sent with every request.'),
	socket: z.string().min(1).optional().describe("Unix socket to connect to instead of the URL's host."),
	firstByteTimeoutMs: z.int().min(100).optional().describe('Longest wait for an answer to begin, in milliseconds.'),
	maxTokensField: z
		.enum(['max_tokens', 'max_completion_tokens'])
		.optional()
		.describe('How the upstream calls the bound on generated tokens.'),
	developerRole: z.enum(['developer', 'system']).optional().describe('What `developer` messages are sent as.'),
})

export const openaiCompatible = engineKind(options, async (given) =>
	openOpenAICompatible({
		url: given.url,
		...(given.key === undefined ? {} : { key: new Secret(given.key) }),
		...(given.headers === undefined ? {} : { headers: given.headers }),
		...(given.socket === undefined ? {} : { unixSocket: given.socket }),
		...(given.firstByteTimeoutMs === undefined ? {} : { firstByteTimeoutMs: given.firstByteTimeoutMs }),
		form: {
			...(given.maxTokensField === undefined ? {} : { maxTokensField: given.maxTokensField }),
			...(given.developerRole === undefined ? {} : { developerRole: given.developerRole }),
		},
	}),
)
