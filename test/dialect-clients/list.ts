// Every dialect that chats, as its clients speak it.

import { anthropic } from './anthropic.ts'
import { at, type DialectClient, textAt } from './dialect-client.ts'
import { egp } from './egp.ts'
import { openaiShaped, openaiStatuses } from './openai-shaped.ts'
import { responses } from './responses.ts'

function detailOf(body: unknown): string {
	const detail = at(body, 'detail')
	return typeof detail === 'string' ? detail : textAt(detail, 0, 'msg')
}

export const dialectClients: readonly DialectClient[] = [
	openaiShaped({ name: 'openai', path: '/openai/v1/chat/completions', done: true }),
	responses,
	openaiShaped({
		name: 'albert',
		path: '/albert/v1/chat/completions',
		done: true,
		readError: detailOf,
		statuses: { ...openaiStatuses, invalidRequest: 422, noKey: 403 },
	}),
	openaiShaped({
		name: 'opengatellm',
		path: '/opengatellm/v1/chat/completions',
		done: true,
		statuses: { ...openaiStatuses, invalidRequest: 422 },
		readError: (body) => {
			textAt(body, 'error', 'message')
			return detailOf(body)
		},
	}),
	egp,
	openaiShaped({
		name: 'egp v5',
		path: '/v5/chat/completions',
		headers: (key) => ({ 'x-api-key': key, 'x-selected-account-id': 'acct' }),
		done: false,
		dataOnly: true,
		statuses: { ...openaiStatuses, noModel: 422, overloaded: 429 },
		readError: detailOf,
	}),
	openaiShaped({
		name: 'aleph-alpha',
		path: '/aleph-alpha/chat/completions',
		done: true,
		dataOnly: true,
		readError: (body) => {
			textAt(body, 'code')
			return textAt(body, 'error')
		},
	}),
	anthropic,
]
