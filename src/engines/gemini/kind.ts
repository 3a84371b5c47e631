// Configuration of Google's Gemini API.

import { z } from 'zod'
import { engineKind } from '../kind.ts'
import { httpUpstreamOptions, readHttpUpstreamOptions } from '../upstream/options.ts'

const options = z.strictObject({
	...httpUpstreamOptions,
	url: httpUpstreamOptions.url.default('https://generativelanguage.googleapis.com/v1beta'),
	body: httpUpstreamOptions.body.describe('Fields to set in the body of every chat request, such as `safetySettings`.'),
	service: z
		.enum(['gemini', 'vertex'])
		.optional()
		.describe('The developer API, which uses an API key, or Google Cloud, which uses an access token.'),
})

export const gemini = engineKind(
	options,
	async ({ service, ...given }, context) => {
		const { openGemini } = await import('./gemini.ts')
		return openGemini({
			...readHttpUpstreamOptions(given, context),
			service:
				service ?? (/(^|[.-])aiplatform\.googleapis\.com$/.test(new URL(given.url).hostname) ? 'vertex' : 'gemini'),
		})
	},
	{ listsModels: true },
)
