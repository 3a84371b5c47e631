// A chat request as OpenGateLLM reads it: OpenAI's request, read more leniently, with fields that give documents to the
// model. Those fields are rejected: an answer that ignores the documents would be silently wrong.

import { ChatError } from '../../chat/error.ts'
import { isObject } from '../../chat/json.ts'
import { copyNumbers } from '../../chat/json-text.ts'
import { field, listField } from '../../wire/json/fields.ts'
import { readChatRequest } from '../../wire/openai/chat-request-reader.ts'
import type { ReadChatRequest } from '../../wire/openai/read-chat-request.ts'

/** @throws ChatError `invalid-request`; `gone` if the request searches documents. */
export function readOpenGateChatRequest(body: unknown): ReadChatRequest {
	refuseSearch(body)
	if (!isObject(body)) return readChatRequest(body)
	const hasTools = listField(body, 'tools').length > 0
	const entries = Object.entries(body).filter(
		([name]) => !searchFields.has(name) && (hasTools || !toolFields.has(name)),
	)
	return readChatRequest(copyNumbers(body, Object.fromEntries(entries)))
}

const searchFields: ReadonlySet<string> = new Set(['search', 'search_args'])
/** Its clients send their defaults even without tools, which OpenAI's API rejects. */
const toolFields: ReadonlySet<string> = new Set(['parallel_tool_calls'])

function refuseSearch(body: unknown): void {
	const tool = listField(body, 'tools').findIndex((one) => field(one, 'type') === 'search')
	const param = tool !== -1 ? `tools[${tool}]` : field(body, 'search') === true ? 'search' : undefined
	const args = field(body, 'search_args')
	if (param === undefined && (args === undefined || args === null)) return
	throw new ChatError(
		'gone',
		'This server does not search documents: the application must add search results to the messages.',
		{ param: param ?? 'search_args' },
	)
}
