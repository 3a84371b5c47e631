// Which account a call is for, by the header or the body: it admits nobody here, and is told in the request log.

const longestAccount = 200

export function accountOf(
	headers: Headers,
	sent: { readonly account_id?: string | null | undefined } = {},
): { readonly labels?: Readonly<Record<string, string>> } {
	const account = sent.account_id ?? headers.get('x-selected-account-id') ?? ''
	return account === '' ? {} : { labels: { account: account.slice(0, longestAccount) } }
}
