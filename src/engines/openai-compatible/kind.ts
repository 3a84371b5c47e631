// OpenAI-compatible servers as the configuration sees them.

import { z } from 'zod'
import { rerankWords } from '../../wire/reranking/rerank-request-writer.ts'
import { engineKind } from '../kind.ts'
import { definedOnly, httpUpstreamOptions, readHttpUpstreamOptions } from '../upstream/options.ts'
import { openOpenAICompatible } from './openai-compatible.ts'

const options = z.strictObject({
	...httpUpstreamOptions,
	maxTokensField: z
		.enum(['max_tokens', 'max_completion_tokens'])
		.optional()
		.describe('How the upstream calls the bound on generated tokens.'),
	developerRole: z.enum(['developer', 'system']).optional().describe('What `developer` messages are sent as.'),
	streamUsage: z
		.boolean()
		.optional()
		.describe('False for servers that refuse `stream_options`; tokens are then counted here.'),
	rerankWords: z
		.enum(rerankWords)
		.optional()
		.describe(
			'What POST /rerank calls the documents: `texts` for text-embeddings-inference, `documents` for all others.',
		),
	tokenizes: z
		.enum(['beside', 'below'])
		.default('beside')
		.describe('Where `/tokenize` stands: beside the last segment of `url`, as vLLM has it beside `/v1`, or below it.'),
})

export const openaiCompatible = engineKind(options, async (given, surroundings) =>
	openOpenAICompatible({
		...readHttpUpstreamOptions(given, surroundings),
		tokenizes: given.tokenizes,
		form: definedOnly({
			maxTokensField: given.maxTokensField,
			developerRole: given.developerRole,
			streamUsage: given.streamUsage,
		}),
		...(given.rerankWords === undefined ? {} : { rerankWords: given.rerankWords }),
	}),
)
