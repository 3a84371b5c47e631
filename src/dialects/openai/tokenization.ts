// POST /tokenize and /detokenize, for clients of vLLM.

import {
	detokenizeSchema,
	readDetokenizeRequest,
	readTokenizeRequest,
	tokenizeSchema,
	writeTokens,
} from '../../wire/openai/tokenization.ts'
import type { Route } from '../dialect.ts'

export const tokenize: Route = {
	method: 'POST',
	path: '/tokenize',
	bodySchema: tokenizeSchema,
	read({ body }) {
		const { request, texts } = readTokenizeRequest(body)
		return { type: 'tokenize', request, write: (tokens) => writeTokens(tokens, texts) }
	},
}

export const detokenize: Route = {
	method: 'POST',
	path: '/detokenize',
	bodySchema: detokenizeSchema,
	read: ({ body }) => ({
		type: 'detokenize',
		request: readDetokenizeRequest(body),
		write: (prompt) => ({ prompt }),
	}),
}
