// Configuration of Anthropic's API.

import { z } from 'zod'
import { tokenCount } from '../../fields/amount.ts'
import { engineKind } from '../kind.ts'
import { httpUpstreamOptions, readHttpUpstreamOptions } from '../upstream/options.ts'

const options = z.strictObject({
	...httpUpstreamOptions,
	url: httpUpstreamOptions.url.default('https://api.anthropic.com/v1'),
	keyHeader: z
		.enum(['x-api-key', 'bearer'])
		.default('x-api-key')
		.describe("How the key is sent: in the vendor's header, or as a bearer token."),
	version: z.string().min(1).default('2023-06-01').describe('`anthropic-version` of every request.'),
	betas: z.array(z.string().min(1)).default([]).describe('`anthropic-beta` of every request.'),
	maxTokens: tokenCount(1)
		.default(4096)
		.describe('Limit on generated tokens for requests without one. This API requires a limit.'),
	thinking: z
		.enum(['effort', 'budget', 'off'])
		.default('effort')
		.describe(
			'How `reasoning_effort` is sent: as an effort level (newer models), as a token budget (older models), or not at all.',
		),
	cache: z
		.enum(['client', 'auto'])
		.default('client')
		.describe('`auto` sets prompt cache breakpoints after tools, instructions and turns if the client sets none.'),
	systemMessages: z
		.enum(['user', 'system'])
		.optional()
		.describe(
			'How instructions in the middle of a conversation are sent: as text of the user message, or as messages of role `system`, which newer models accept. Default: `system` if `betas` has `mid-conversation-system-…`, otherwise `user`.',
		),
	schemaBounds: z
		.enum(['send', 'remove'])
		.default('remove')
		.describe(
			"Whether limits such as `minimum` and `maxLength` are sent in schemas of structured outputs and strict tools. Anthropic's API rejects them. Removed limits are listed in `x-dragoman-dropped`.",
		),
})

/** The beta feature with which models accept messages of instructions. */
function allowsInstructions(beta: string): boolean {
	return beta.startsWith('mid-conversation-system-')
}

export const anthropic = engineKind(
	options,
	async (given, context) => {
		const { openAnthropic } = await import('./anthropic.ts')
		return openAnthropic({
			...readHttpUpstreamOptions(given, context),
			keyHeader: given.keyHeader,
			version: given.version,
			betas: given.betas,
			form: {
				maxTokens: given.maxTokens,
				thinking: given.thinking,
				cache: given.cache,
				systemMessages: given.systemMessages ?? (given.betas.some(allowsInstructions) ? 'system' : 'user'),
				schemaBounds: given.schemaBounds,
			},
		})
	},
	{ listsModels: true },
)
