// POST /rerank

import type { Route } from '../dialect.ts'
import { writeRanking } from './ranking-writer.ts'
import { readRerankRequest, rerankSchema } from './rerank-request-reader.ts'

export const rerank: Route = {
	method: 'POST',
	path: '/rerank',
	bodySchema: rerankSchema,
	read({ body }) {
		const { request, older } = readRerankRequest(body)
		return {
			type: 'rerank',
			request,
			write: (ranking, { token, model, price }) =>
				writeRanking(ranking, { id: `rerank-${token}`, model, price, older }),
		}
	},
}
