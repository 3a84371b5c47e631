// The `thread` of a request, by which clients continue a conversation that the server stores: reads the field, gives a
// continuing request the fields that its thread was created with, and has the errors of threads. It does not know where
// conversations are stored. Source: the types of Anthropic's SDKs, and how their helper for threads uses them.

import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { ChatError, type ChatErrorKind } from '../../chat/error.ts'
import { isObject, type Json, type JsonObject } from '../../chat/json.ts'
import { copyNumbers, exactMembers } from '../../chat/json-text.ts'
import { messagesWire } from './formats.ts'
import { schemaError } from './schema-error.ts'

export const threadSchema = z
	.discriminatedUnion('type', [
		z.looseObject({ type: z.literal('create') }),
		z.looseObject({ type: z.literal('continue'), previous_message_id: z.string().min(1) }),
	])
	.nullish()

export type MessageThreadBody = NonNullable<z.infer<typeof threadSchema>>

const bodySchema = z.looseObject({ thread: threadSchema })

/**
 * The `thread` of a parsed JSON body, whose other fields are not read.
 *
 * @throws ChatError `invalid-request`; with the code `thread_unsupported_request` for fields that cannot be combined
 * with a thread.
 */
export function readThread(body: unknown): MessageThreadBody | undefined {
	if (!isObject(body)) return undefined
	const parsed = bodySchema.safeParse(body)
	if (!parsed.success) throw schemaError(parsed.error, body)
	const { thread } = parsed.data
	if (thread == null) return undefined
	const unsupported = unsupportedFields.filter((name) => isGiven(body[name]))
	if (unsupported.length > 0)
		throw threadUnsupported(unsupported, `Threads do not support ${listed(unsupported)} in a request.`)
	return thread
}

/** Fields that rewrite the conversation in the response, which the stored one would not follow. */
const unsupportedFields = ['compaction', 'context_management', 'fallbacks'] as const

/** The fields that are the same in every request of a thread. */
export interface MessageThreadSettings {
	readonly system?: Json | undefined
	readonly tools?: Json | undefined
}

const settingNames = ['system', 'tools'] as const satisfies readonly (keyof MessageThreadSettings)[]

/** The settings of a thread as JSON, to be stored with each of its turns. */
export function writeThreadSettings(body: unknown): JsonObject {
	const { system, tools } = (isObject(body) ? exactMembers(body) : {}) as MessageThreadSettings
	return { thread: { system, tools } }
}

/** Undefined for a turn that does not belong to a thread. */
export function readThreadSettings({ thread }: JsonObject): MessageThreadSettings | undefined {
	return isObject(thread) ? (thread as MessageThreadSettings) : undefined
}

/**
 * The body of a request that continues a thread with these settings. It has the tools of the thread, and no `system`,
 * which is in the conversation.
 *
 * @throws ChatError `invalid-request` with the code `thread_fingerprint_mismatch` if the body has other settings.
 */
export function withThreadSettings(body: unknown, settings: MessageThreadSettings): unknown {
	if (!isObject(body)) return body
	const changed = settingNames.filter((name) => isGiven(body[name]) && !isDeepStrictEqual(body[name], settings[name]))
	if (changed.length > 0)
		throw threadError(
			'invalid-request',
			'thread_fingerprint_mismatch',
			`${listed(changed)}: the value differs from that with which the thread was created. Leave the field out, or send the full conversation with thread {"type": "create"}.`,
		)
	return copyNumbers(body, { ...body, system: undefined, tools: settings.tools })
}

/** The body of a request that continues a thread, without the fields that need the thread's settings to be read. */
export function withoutThreadSettings(body: unknown): unknown {
	return isObject(body) ? copyNumbers(body, { ...body, tools: undefined, tool_choice: undefined }) : body
}

/** Stop reasons of a turn that the model has not finished: a request without new messages resumes it. */
const unfinishedReasons: ReadonlySet<unknown> = new Set(['pause_turn', 'compaction'])

/** Whether an answer with this unknown field of its message is unfinished. */
export function isUnfinished(stopReason: Json | undefined): boolean {
	return unfinishedReasons.has(stopReason)
}

export function threadNotFound(previousMessage: string): ChatError {
	return threadError(
		'not-found',
		'thread_not_found',
		`No thread has the message '${previousMessage.slice(0, 100)}'. Send the full conversation with thread {"type": "create"}.`,
	)
}

export function threadAlreadyContinued(): ChatError {
	return threadError(
		'invalid-request',
		'thread_already_continued',
		'The message that previous_message_id names has already been continued, and each message can be continued once. Continue from the most recent message of the thread.',
	)
}

export function threadContinueInFlight(): ChatError {
	return threadError(
		'invalid-request',
		'thread_continue_in_flight',
		'Another request is still in progress for the same previous_message_id. Wait for it, and continue from its message.',
	)
}

/** @param unsupported names of the fields or features. */
export function threadUnsupported(unsupported: readonly string[], message: string): ChatError {
	const advice = 'Send the full conversation without thread.'
	return threadError('unsupported', 'thread_unsupported_request', `${message} ${advice}`, { unsupported })
}

function threadError(kind: ChatErrorKind, code: string, message: string, more: JsonObject = {}): ChatError {
	const details = { error_code: code, ...more }
	return new ChatError(kind, message, { param: 'thread', code, rest: { wire: messagesWire, fields: { details } } })
}

function isGiven(value: unknown): boolean {
	return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0) && value !== ''
}

function listed(names: readonly string[]): string {
	return names.map((name) => `'${name}'`).join(' and ')
}
