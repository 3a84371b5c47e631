// Configuration of OpenAI-compatible servers.

import { z } from 'zod'
import { rerankWords } from '../../wire/reranking/rerank-request-writer.ts'
import { engineKind } from '../kind.ts'
import { httpUpstreamOptions, readHttpUpstreamOptions } from '../upstream/options.ts'
import { formOptions, readFormOptions } from './form-options.ts'
import { isOpenAI } from './presets.ts'

const options = z.strictObject({
	...httpUpstreamOptions,
	...formOptions,
	rerankWords: z
		.enum(rerankWords)
		.optional()
		.describe(
			'Name of the documents in POST /rerank: `texts` for text-embeddings-inference, `documents` for all other servers.',
		),
	tokenizes: z
		.enum(['beside', 'below'])
		.default('beside')
		.describe('Location of `/tokenize`: next to the last segment of `url`, as in vLLM (next to `/v1`), or below it.'),
})

export const openaiCompatible = engineKind(
	options,
	async (given, context) => {
		const { openOpenAICompatible } = await import('./openai-compatible.ts')
		return openOpenAICompatible({
			...readHttpUpstreamOptions(given, context),
			tokenizes: given.tokenizes,
			form: readFormOptions(given),
			rerankWords: given.rerankWords,
		})
	},
	{ followsOpenAI: isOpenAI, listsModels: true },
)
