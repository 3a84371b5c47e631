// Converts conversations, messages and turns to and from rows. Canonical messages are stored as JSON without
// conversion.

import { z } from 'zod'
import type { JsonObject } from '../../chat/json.ts'
import { parseJson, parseJsonInSteps, stringifyJson } from '../../chat/json-text.ts'
import type { Message } from '../../chat/message.ts'
import { textOf } from '../../chat/parts.ts'
import type { Usage } from '../../chat/usage.ts'
import {
	type Conversation,
	type Metadata,
	type StoredAnswer,
	type StoredMessage,
	surfaces,
	type Turn,
	turnStates,
} from '../../conversations/conversation.ts'
import { conversationId } from '../../conversations/conversation-id.ts'
import type { ExportedMessage } from '../../conversations/history.ts'
import { inputId, messageId } from '../../conversations/message-id.ts'
import { turnId } from '../../conversations/turn-id.ts'
import type { Scope } from '../../keys/scope.ts'
import { withOrderedParts, withUsageRest } from '../migrations/007-ordered-parts.ts'
import { foldText } from './search-text.ts'
import type { Row } from './sql.ts'

const number = z.coerce.number()
/** Not validated further, because only these stores write it. */
const json = z.string().transform((text): unknown => parseJson(text))

const conversationRow = z.object({
	id: z.string().transform(conversationId),
	end_user: z.string().nullable(),
	title: z.string().nullable(),
	metadata: json,
	listed: number,
	head: z.string().transform(messageId).nullable(),
	created_at_ms: number,
	updated_at_ms: number,
})

export function readConversation(row: unknown): Conversation {
	const { end_user, title, head, metadata, listed, ...rest } = conversationRow.parse(row)
	return {
		id: rest.id,
		user: end_user ?? undefined,
		title: title ?? undefined,
		metadata: metadata as Metadata,
		listed: listed === 1,
		head: head ?? undefined,
		createdAtMs: rest.created_at_ms,
		updatedAtMs: rest.updated_at_ms,
	}
}

export function writeConversation({ tenant, owner }: Scope, conversation: Conversation) {
	const { id, user = null, title = null, metadata, listed, head = null, createdAtMs, updatedAtMs } = conversation
	return {
		id,
		tenant,
		owner,
		end_user: user,
		title: title === null ? null : title.replaceAll('\0', ''),
		search_title: foldText(title ?? ''),
		metadata: JSON.stringify(metadata),
		listed: listed ? 1 : 0,
		head,
		created_at_ms: createdAtMs,
		updated_at_ms: updatedAtMs,
	}
}

export interface TreeMessage extends StoredMessage {
	readonly branch: number
	/** Size of all messages from the first to this one, in bytes of JSON. */
	readonly pathBytes: number
}

/** A message that has not been parsed. */
export interface TreeRow extends Omit<TreeMessage, 'message'> {
	readonly body: string
}

/** Not validated by a schema, for speed: a context has hundreds of messages, and only these stores write them. */
export function readTreeRow(row: Row): TreeRow {
	return {
		...readPosition(row),
		branch: Number(row.branch),
		pathBytes: Number(row.path_bytes),
		body: bodyOf(row),
	}
}

/** The messages of rows, without the properties that are internal to the message tree. */
export function* readMessagesInSteps(
	rows: readonly TreeRow[],
): Generator<undefined, readonly StoredMessage[], undefined> {
	const messages: StoredMessage[] = []
	for (const row of rows) {
		messages.push(storedMessage(row, (yield* readJsonInSteps(row.body)) as Message))
		yield
	}
	return messages
}

/** The same without steps. */
export function readShortMessages(rows: readonly TreeRow[]): readonly StoredMessage[] {
	return rows.map((row) => storedMessage(row, parseJson(row.body) as Message))
}

/** Longer texts of one statement are parsed in steps: smaller ones take a millisecond or two. In characters. */
export const longText = 262_144

function* readJsonInSteps(text: string): Generator<undefined, unknown, undefined> {
	return text.length < longText ? parseJson(text) : yield* parseJsonInSteps(Buffer.from(text))
}

/** Like a message of `readShortMessages`, without parsing it. */
export function readExportedMessage(row: Row): ExportedMessage {
	return { ...readPosition(row), json: bodyOf(row) }
}

/** During an update, a process of the former version may write messages of its form after the migration. */
function bodyOf({ body }: Row): string {
	return withOrderedParts(String(body))
}

function readPosition(row: Row): Omit<StoredMessage, 'message'> {
	return {
		conversation: conversationId(String(row.conversation)),
		id: messageId(String(row.id)),
		parent: row.parent === null ? undefined : messageId(String(row.parent)),
		turn: turnId(String(row.turn)),
		depth: Number(row.depth),
		partial: Number(row.partial) === 1,
		createdAtMs: Number(row.created_at_ms),
	}
}

function storedMessage({ branch: _, pathBytes: __, body: ___, ...rest }: TreeRow, message: Message): StoredMessage {
	return { ...rest, message }
}

/** @param row with the message as `writeBody` or `BodyWriter` wrote it. */
export function writeMessage({
	parent,
	message: _,
	written,
	partial,
	pathBytes,
	createdAtMs,
	...rest
}: TreeMessage & { readonly written: WrittenBody }) {
	return {
		...rest,
		parent: parent ?? null,
		path_bytes: pathBytes,
		body: written.body,
		search_text: written.searchText,
		partial: partial ? 1 : 0,
		created_at_ms: createdAtMs,
	}
}

/** A message as its row has it. */
export interface WrittenBody {
	readonly body: string
	/** The size of the body, in bytes. */
	readonly bytes: number
	readonly searchText: string
}

export function writeBody(message: Message): WrittenBody {
	const body = stringifyJson(message)
	return { body, bytes: Buffer.byteLength(body), searchText: foldText(textOf(message.content)) }
}

/** The columns of `readTurn`, in a statement that reads from `turns`. */
export const turnColumns =
	'turns.*, (SELECT body FROM texts WHERE tenant = turns.tenant AND owner = turns.owner AND hash = turns.echo) AS echo_body'

const turnRow = z.object({
	id: z.string().transform(turnId),
	conversation: z.string().transform(conversationId),
	surface: z.enum(surfaces),
	stored: number,
	state: z.enum(turnStates),
	parent: z.string().transform(messageId).nullable(),
	model: z.string(),
	inputs: number,
	answers: json,
	usage: z
		.string()
		.transform((text) => parseJson(withUsageRest(text)))
		.nullable(),
	error: json.nullable(),
	metadata: json,
	echo_body: json.nullable(),
	created_at_ms: number,
	ended_at_ms: number.nullable(),
})

export function readTurn(row: unknown): Turn {
	const { parent, stored, inputs, answers, usage, error, metadata, echo_body, created_at_ms, ended_at_ms, ...rest } =
		turnRow.parse(row)
	return {
		...rest,
		stored: stored === 1,
		parent: parent ?? undefined,
		inputs: Array.from({ length: inputs }, (_, index) => inputId(rest.id, index)),
		answers: answers as readonly StoredAnswer[],
		...readUsage(usage),
		error: error === null ? undefined : (error as NonNullable<Turn['error']>),
		metadata: metadata as Metadata,
		echo: (echo_body ?? {}) as JsonObject,
		createdAtMs: created_at_ms,
		endedAtMs: ended_at_ms ?? undefined,
	}
}

/** `readTurn` of a row with long texts. */
export function* readTurnInSteps(row: Row): Generator<undefined, Turn, undefined> {
	const answers = (yield* readJsonInSteps(String(row.answers))) as readonly StoredAnswer[]
	const echo = row.echo_body === null ? {} : ((yield* readJsonInSteps(String(row.echo_body))) as JsonObject)
	return { ...readTurn({ ...row, answers: '[]', echo_body: null }), answers, echo }
}

/** Of the texts of a row that `readTurn` parses, in characters. */
export function lengthOfTurn({ answers, echo_body: echo }: Row): number {
	return String(answers).length + (echo === null ? 0 : String(echo).length)
}

/** The model that answered a turn, or else the requested one. @param row with `model` and `usage`. */
export function readAnswerModel({ model, usage }: Row): string {
	const { answered } = readUsage(usage === null ? null : parseJson(String(usage)))
	return answered?.model ?? String(model)
}

/** Usage and what is stored with it have one column. */
function readUsage(column: unknown): Pick<Turn, 'usage' | 'metrics' | 'answered'> {
	if (column === null) return {}
	const { metrics, answered, ...usage } = column as Usage & Pick<Turn, 'metrics' | 'answered'>
	return { usage, metrics, answered }
}
