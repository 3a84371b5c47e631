// What the operator says about the service. It needs no key, except for the recommended models.

import { root } from '../state/route.ts'

export interface PageDescription {
	/** The name of the service; null if none is configured. */
	readonly name: string | null
	/** Markdown by the tag of its language. */
	readonly notice: Readonly<Record<string, string>>
	/** Names of models, in the operator's order. */
	readonly recommended: readonly string[]
}

/** The page does not wait longer for it, in milliseconds. */
const longestMs = 3000

/** @throws Error if the server cannot be reached, does not accept the key, or is not this one. */
export async function readPageDescription(key: string): Promise<PageDescription> {
	const response = await fetch(new URL('v1/page', root), {
		headers: key === '' ? {} : { authorization: `Bearer ${key}` },
		cache: 'no-store',
		signal: AbortSignal.timeout(longestMs),
	})
	const body = await response.json()
	if (body?.object !== 'page') throw new Error(`The server answered with status ${response.status}.`)
	return body
}
