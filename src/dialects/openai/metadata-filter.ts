// The filter of a list by metadata, as in OpenAI's list of stored completions. It does not know what is listed.

import type { Metadata } from '../../conversations/conversation.ts'

/** Reads `metadata[key]=value`, one parameter for each pair. */
export function readMetadataFilter(query: URLSearchParams): Metadata | undefined {
	const pairs: Record<string, string> = {}
	for (const [name, value] of query) {
		const [, key] = /^metadata\[(.+)\]$/.exec(name) ?? []
		if (key !== undefined) pairs[key] = value
	}
	return Object.keys(pairs).length === 0 ? undefined : pairs
}
