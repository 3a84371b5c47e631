// Reads the account of a call from the header or the body. It grants no access; it is written to the request log.

import type { RequestHeaders } from '../../http/request-headers.ts'
import type { CallOptions } from '../call.ts'

const longestAccount = 200

export function accountOf(
	headers: RequestHeaders,
	sent: { readonly account_id?: string | null | undefined } = {},
): Pick<CallOptions, 'labels'> {
	const account = sent.account_id ?? headers.get('x-selected-account-id') ?? ''
	return account === '' ? {} : { labels: { account: account.slice(0, longestAccount) } }
}
