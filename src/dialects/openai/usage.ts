// GET /organization/usage/completions and /embeddings: usage, in OpenAI's format.

import { readUsageReport, type UsageKind } from '../../wire/openai/usage-report.ts'
import type { Route } from '../dialect.ts'

export const completionUsage = usageRoute('completions')
export const embeddingUsage = usageRoute('embeddings')

function usageRoute(kind: UsageKind): Route {
	return {
		method: 'GET',
		path: `/organization/usage/${kind}`,
		read: ({ query }) => ({ type: 'usage.sum', ...readUsageReport(kind, query()) }),
	}
}
