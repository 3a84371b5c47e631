// Anthropic's API as the configuration sees it.

import { z } from 'zod'
import { tokenCount } from '../../fields/amount.ts'
import { engineKind } from '../kind.ts'
import { httpUpstreamOptions, readHttpUpstreamOptions } from '../upstream/options.ts'
import { openAnthropic } from './anthropic.ts'

const options = z.strictObject({
	...httpUpstreamOptions,
	url: httpUpstreamOptions.url.default('https://api.anthropic.com/v1'),
	keyHeader: z
		.enum(['x-api-key', 'bearer'])
		.default('x-api-key')
		.describe('How the key is sent: as the vendor takes it, or as a bearer token.'),
	version: z.string().min(1).default('2023-06-01').describe('`anthropic-version` of every request.'),
	betas: z.array(z.string().min(1)).default([]).describe('`anthropic-beta` of every request.'),
	maxTokens: tokenCount(1)
		.default(4096)
		.describe('Bound on generated tokens where a request has none: this API demands one.'),
	thinking: z
		.enum(['effort', 'budget', 'off'])
		.default('effort')
		.describe(
			'How a `reasoning_effort` is asked for: as a word (newer models), as a number of tokens (older ones), not at all.',
		),
	cache: z
		.enum(['client', 'auto'])
		.default('client')
		.describe(
			'`auto` marks the ends of tools, instructions and turns for the prompt cache where the client marks nothing.',
		),
})

export const anthropic = engineKind(options, async (given, surroundings) =>
	openAnthropic({
		...readHttpUpstreamOptions(given, surroundings),
		keyHeader: given.keyHeader,
		version: given.version,
		betas: given.betas,
		form: { maxTokens: given.maxTokens, thinking: given.thinking, cache: given.cache },
	}),
)
