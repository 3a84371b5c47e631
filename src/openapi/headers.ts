// The headers of requests and responses that are the same in all dialects. The pipeline reads and writes them.

import type { JsonObject } from '../chat/json.ts'

/** Parameters of operations that can continue a stored conversation. */
export const conversationParameters = {
	Conversation: parameter('x-dragoman-conversation', 'A stored conversation: `new`, or its id.'),
	Parent: parameter('x-dragoman-parent', 'The message to continue from, or `none`; the last one if absent.'),
	Truncation: parameter('x-dragoman-truncation', 'What happens to a conversation that is too long.', [
		'refuse',
		'auto',
	]),
	Conflict: parameter('x-dragoman-conflict', 'What happens if another turn follows the same message.', [
		'branch',
		'refuse',
	]),
	Resumable: parameter('x-dragoman-resumable', '`1` for a stream that continues without its client.', ['1']),
} as const satisfies Readonly<Record<string, JsonObject>>

export const responseHeaders = {
	RequestId: header('The id of the request, which the log has.'),
	ErrorKind: header('The kind of the error, the same in all dialects.'),
	RetryAfter: header('After how many seconds the request may succeed.'),
	Dropped: header('The fields of the request that had no effect, separated by commas.'),
	ConversationId: header('The id of the stored conversation.'),
	MessageId: header('The id of the stored answer.'),
	Truncated: header('The number of messages that were left out.'),
	StreamId: header('The id of a stream that can be resumed.'),
} as const satisfies Readonly<Record<string, JsonObject>>

function parameter(name: string, description: string, values?: readonly string[]): JsonObject {
	return { name, in: 'header', description, required: false, schema: { type: 'string', enum: values } }
}

function header(description: string): JsonObject {
	return { description, schema: { type: 'string' } }
}
