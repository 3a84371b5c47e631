// Google's Gemini API as the configuration sees it.

import { z } from 'zod'
import { engineKind } from '../kind.ts'
import { httpUpstreamOptions, readHttpUpstreamOptions } from '../upstream/options.ts'
import { openGemini } from './gemini.ts'

const options = z.strictObject({
	...httpUpstreamOptions,
	url: httpUpstreamOptions.url.default('https://generativelanguage.googleapis.com/v1beta'),
	body: httpUpstreamOptions.body.describe(
		'Fields set in the body of every request for an answer, as `safetySettings`.',
	),
	service: z
		.enum(['gemini', 'vertex'])
		.optional()
		.describe('The developer API, whose key is an API key, or Google Cloud, whose key is an access token.'),
})

export const gemini = engineKind(options, async ({ service, ...given }, surroundings) =>
	openGemini({
		...readHttpUpstreamOptions(given, surroundings),
		service:
			service ?? (/(^|[.-])aiplatform\.googleapis\.com$/.test(new URL(given.url).hostname) ? 'vertex' : 'gemini'),
	}),
)
