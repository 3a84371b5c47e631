// POST /rerank

import type { Route } from '../dialect.ts'
import { writeRanking } from './ranking-writer.ts'
import { readRerankRequest } from './rerank-request-reader.ts'

export const rerank: Route = {
	method: 'POST',
	path: '/rerank',
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
