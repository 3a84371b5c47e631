// The filter of a list by metadata, as in OpenAI's list of stored completions. It does not know what is listed.

import { ChatError } from '../../chat/error.ts'
import type { Metadata } from '../../conversations/conversation.ts'
import { maxPairs } from '../../wire/openai/responses/metadata-schema.ts'

/**
 * Reads `metadata[key]=value`, one parameter for each pair.
 *
 * @throws ChatError `invalid-request` for more pairs than metadata may have: the statement of the list has a condition for each.
 */
export function readMetadataFilter(query: URLSearchParams): Metadata | undefined {
	const pairs = [...query].flatMap(([name, value]) => {
		const [, key] = /^metadata\[(.+)\]$/.exec(name) ?? []
		return key === undefined ? [] : [[key, value] as const]
	})
	if (pairs.length > maxPairs)
		throw new ChatError('invalid-request', `Invalid 'metadata': at most ${maxPairs} pairs.`, {
			param: 'metadata',
			code: 'object_above_max_properties',
		})
	return pairs.length === 0 ? undefined : Object.fromEntries(pairs)
}
