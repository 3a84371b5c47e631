// POST /rerank

import { writeRanking } from '../../wire/opengatellm/ranking-writer.ts'
import { readRerankRequest } from '../../wire/opengatellm/rerank-request-reader.ts'
import type { Route } from '../dialect.ts'

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
