// The headers by which a request of any dialect continues a stored conversation. It does not look up what they name.

import { ChatError } from '../chat/error.ts'
import { readConversationId } from '../conversations/conversation-id.ts'
import { messageId } from '../conversations/message-id.ts'
import type { Thread, ThreadOrigin } from '../conversations/thread.ts'
import type { ConflictRule } from '../conversations/turns.ts'
import type { ChatCall } from '../dialects/call.ts'

const headerNames = {
	conversation: 'x-dragoman-conversation',
	parent: 'x-dragoman-parent',
	truncation: 'x-dragoman-truncation',
	conflict: 'x-dragoman-conflict',
} as const

/**
 * The thread of the body, with what the headers say about it. A conversation in the headers takes precedence over one in
 * the body, except over a message by which a dialect with errors of its own continues.
 *
 * @throws ChatError `invalid-request` for headers that are wrong, `not-found` for ids that are.
 */
export function threadOf(
	{ thread, request, parts }: Pick<ChatCall, 'thread' | 'request' | 'parts'>,
	headers: Headers,
): Thread | undefined {
	const named = headers.get(headerNames.conversation)?.trim()
	const parent = headers.get(headerNames.parent)?.trim().replace(/^msg_/, '')
	if (named === undefined || named === '') {
		if (parent !== undefined)
			throw wrongHeader(headerNames.parent, `is only allowed with '${headerNames.conversation}'`)
		return thread?.errors === undefined ? thread : { ...thread, onConflict: conflictOf(headers, 'once') }
	}
	return {
		surface: 'chat',
		stored: false,
		...(parts ?? { instructions: [], transient: [], incoming: request.messages }),
		metadata: {},
		echo: {},
		...thread,
		listed: true,
		truncation: choice(headers, headerNames.truncation, ['refuse', 'auto']) ?? thread?.truncation ?? 'refuse',
		onConflict: conflictOf(headers, thread?.errors === undefined ? 'branch' : 'once'),
		origin: originOf(named, parent, thread),
	}
}

/** The rule in the headers, or else `usual`. */
function conflictOf(headers: Headers, usual: ConflictRule): ConflictRule {
	return choice(headers, headerNames.conflict, ['branch', 'refuse']) ?? usual
}

function originOf(named: string, parent: string | undefined, thread: Thread | undefined): ThreadOrigin {
	const origin = thread?.origin
	if (thread?.errors === undefined || origin?.type !== 'conversation')
		return named === 'new' ? { type: 'new' } : continuationOf(named, parent)
	if (named !== 'new' && readConversationId(named) !== origin.id) throw thread.errors.notFound()
	return origin
}

function continuationOf(named: string, parent: string | undefined): ThreadOrigin {
	const id = readConversationId(named)
	const notFound = () => new ChatError('not-found', `No such conversation: '${named.slice(0, 100)}'.`)
	if (id === undefined) throw notFound()
	return {
		type: 'conversation',
		id,
		parent: parent === undefined || parent === 'none' ? parent : messageId(parent),
		notFound,
	}
}

function choice<Value extends string>(headers: Headers, name: string, values: readonly Value[]): Value | undefined {
	const header = headers.get(name)
	if (header === null) return undefined
	const found = values.find((value) => value === header.trim().toLowerCase())
	if (found === undefined) throw wrongHeader(name, `must be one of: ${values.join(', ')}`)
	return found
}

function wrongHeader(name: string, rule: string): ChatError {
	return new ChatError('invalid-request', `The header '${name}' ${rule}.`, { param: name })
}
