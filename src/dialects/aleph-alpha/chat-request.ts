// Aleph Alpha's chat request: OpenAI's with names of its own beside it.

import type { JsonObject } from '../../chat/json.ts'
import { strictViolation } from '../../wire/json/strict-schema.ts'
import { readChatRequest } from '../../wire/openai/chat-request-reader.ts'
import { isObject } from '../../wire/openai/fields.ts'

export interface ReadChat extends ReturnType<typeof readChatRequest> {
	readonly dropped: readonly string[]
	readonly labels?: Readonly<Record<string, string>>
}

/** Told to the data centre and to whoever keeps the books, not to the model. */
const aside: readonly string[] = ['hosting', 'tags']
const longestTags = 200
/** The API takes more than this, and OpenAI's does not. */
const farthestPenalty = 2

/** @throws ChatError `invalid-request`. */
export function readChat(body: unknown): ReadChat {
	if (!isObject(body)) return { ...readChatRequest(body), dropped: [] }
	const { maximum_tokens: maximumTokens, ...rest } = body
	const fields: Record<string, unknown> = { ...rest }
	for (const name of aside) delete fields[name]
	for (const name of ['frequency_penalty', 'presence_penalty']) {
		const penalty = fields[name]
		if (typeof penalty === 'number') fields[name] = Math.max(-farthestPenalty, Math.min(farthestPenalty, penalty))
	}
	fields.response_format = withinReach(fields.response_format, 'json_schema', 'schema')
	if (Array.isArray(fields.tools))
		fields.tools = fields.tools.map((tool: unknown) => withinReach(tool, 'function', 'parameters'))
	if (maximumTokens != null && fields.max_tokens == null && fields.max_completion_tokens == null)
		fields.max_tokens = maximumTokens
	const { hosting, tags } = body
	return {
		...readChatRequest(fields),
		dropped: hosting == null ? [] : ['hosting'],
		...(Array.isArray(tags) && tags.length > 0
			? { labels: { tags: tags.map(String).join(',').slice(0, longestTags) } }
			: {}),
	}
}

/** `strict` here is no promise to stay within the subset of schemas that OpenAI's API demands for it. */
function withinReach(sent: unknown, part: string, schemaName: string): unknown {
	if (!isObject(sent)) return sent
	const described = sent[part]
	if (!isObject(described) || described.strict !== true) return sent
	const schema = described[schemaName]
	const isOutside = !isObject(schema) || strictViolation(schema as JsonObject) !== undefined
	return isOutside ? { ...sent, [part]: { ...described, strict: false } } : sent
}
