// Aleph Alpha's chat request: OpenAI's with additional fields.

import { isObject, type JsonObject } from '../../chat/json.ts'
import { copyNumbers } from '../../chat/json-text.ts'
import { strictViolation } from '../../wire/json/strict-schema.ts'
import { readChatRequest } from '../../wire/openai/chat-request-reader.ts'

export interface ReadChat extends ReturnType<typeof readChatRequest> {
	readonly dropped: readonly string[]
	readonly labels?: Readonly<Record<string, string>>
}

/** Fields for hosting and accounting, which are not sent to the model. */
const nonModelFields: readonly string[] = ['hosting', 'tags']
const longestTags = 200
/** Maximum penalty in OpenAI's API. Aleph Alpha's API accepts larger values. */
const maxPenalty = 2

/** @throws ChatError `invalid-request`. */
export function readChat(body: unknown): ReadChat {
	if (!isObject(body)) return { ...readChatRequest(body), dropped: [] }
	const { maximum_tokens: maximumTokens, ...rest } = body
	const fields: Record<string, unknown> = { ...rest }
	for (const name of nonModelFields) delete fields[name]
	for (const name of ['frequency_penalty', 'presence_penalty']) {
		const penalty = fields[name]
		if (typeof penalty === 'number') fields[name] = Math.max(-maxPenalty, Math.min(maxPenalty, penalty))
	}
	fields.response_format = relaxStrict(fields.response_format, 'json_schema', 'schema')
	const tools: readonly unknown[] = Array.isArray(fields.tools) ? fields.tools : []
	const relaxed = tools.map((tool) => relaxStrict(tool, 'function', 'parameters'))
	// Only the client's own list remembers how its numbers are written.
	if (relaxed.some((tool, index) => tool !== tools[index])) fields.tools = relaxed
	if (maximumTokens != null && fields.max_tokens == null && fields.max_completion_tokens == null)
		fields.max_tokens = maximumTokens
	const { hosting, tags } = body
	return {
		...readChatRequest(copyNumbers(body, fields)),
		dropped: hosting == null ? [] : ['hosting'],
		labels:
			Array.isArray(tags) && tags.length > 0 ? { tags: tags.map(String).join(',').slice(0, longestTags) } : undefined,
	}
}

/**
 * Disables `strict` for a schema outside OpenAI's subset: unlike OpenAI's API, this one accepts `strict` with any
 * schema.
 */
function relaxStrict(sent: unknown, part: string, schemaName: string): unknown {
	if (!isObject(sent)) return sent
	const described = sent[part]
	if (!isObject(described) || described.strict !== true) return sent
	const schema = described[schemaName]
	const isOutside = !isObject(schema) || strictViolation(schema as JsonObject) !== undefined
	return isOutside ? { ...sent, [part]: { ...described, strict: false } } : sent
}
