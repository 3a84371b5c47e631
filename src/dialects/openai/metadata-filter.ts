// The filter of a list by metadata, as in OpenAI's list of stored completions. It does not know what is listed.

import type { Metadata } from '../../conversations/conversation.ts'

/** Reads `metadata[key]=value`, one parameter for each pair. */
export function readMetadataFilter(query: URLSearchParams): Metadata | undefined {
	const pairs = [...query].flatMap(([name, value]) => {
		const [, key] = /^metadata\[(.+)\]$/.exec(name) ?? []
		return key === undefined ? [] : [[key, value] as const]
	})
	return pairs.length === 0 ? undefined : Object.fromEntries(pairs)
}
