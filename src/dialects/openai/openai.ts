// OpenAI's API as a dialect: chat completions, legacy completions, embeddings and models. How requests and answers look is the
// wire's; this folder says which paths there are.

import { writeError } from '../../wire/openai/error-writer.ts'
import type { Dialect } from '../dialect.ts'
import { chatCompletions } from './chat-completions.ts'
import { completions } from './completions.ts'
import { embeddings } from './embeddings.ts'
import { listModels, showModel } from './models.ts'
import { countInputTokens, createResponse } from './responses.ts'

/** The version OpenAI's servers name in `openai-version`. */
const apiVersion = '2020-10-01'

export const openai: Dialect = {
	name: 'openai',
	prefixes: ['/v1', ''],
	routes: [chatCompletions, completions, embeddings, listModels, showModel, createResponse, countInputTokens],
	writeError,
	headers: ({ processingMs }) => ({
		'openai-version': apiVersion,
		'openai-processing-ms': String(Math.round(processingMs)),
	}),
}
